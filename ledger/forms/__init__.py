"""Spreadsheets in and out: rosters, findings, the filled form, the list of verification codes."""
