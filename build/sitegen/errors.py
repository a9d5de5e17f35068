"""SiteError
├── ToolError      a programme the build needs is missing or failed (node, npm, mkdocs)
└── OutputError    the place to write to is not ours to overwrite
"""


class SiteError(Exception):
    """The site cannot be built; the message says why, and what to do."""


class ToolError(SiteError):
    """A programme the build needs is missing or failed."""


class OutputError(SiteError):
    """The place to write to is not empty and not a site built here."""
