"""Rules: what an issue or a correction must agree with, whoever checks it (V10, the audit, `ledger append`).

Reasons of RuleError: org_not_filed_then evaluator_differs profile_differs scope title term future_issue code_form
code_year code_level range event_future.
"""

from typing import cast

from ledger.core.code import CodeParts, parse_code
from ledger.core.encoding import local_date, parse_date
from ledger.core.entry import Entry
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.core.record import Body
from ledger.core.registry import Filing, Organisation

__all__ = ["check_event", "check_facts", "check_number", "check_scope"]


def check_number(body: Body, profile: Profile) -> CodeParts:
    """Return the parts of the number, which must have the profile's structure and agree with year and level.

    A number of an opaque structure comes from the authority and says neither.
    """
    code = cast("str", body["code"])
    try:
        parts = parse_code(code, profile)
    except RuleError as error:
        raise RuleError("code_form", str(error)) from error
    if parts.year is None:
        return parts
    issued = parse_date(cast("str", body["issued"]), "issued")
    if parts.year % 100 != issued.year % 100:
        raise RuleError("code_year", f"the number says {parts.year}, the date of issue {issued.year}")
    if parts.level != body["level"]:
        raise RuleError("code_level", f"the number says level {parts.level}, the record {body['level']}")
    return parts


def check_scope(body: Body, filing: Filing) -> None:
    """Raise RuleError unless occupation, level, evaluator, profile and date agree with what was filed."""
    if body["evaluator"] != filing.name:
        raise RuleError("evaluator_differs", f"filed as {filing.name}")
    if body["profile"] != filing.body["profile"]:
        raise RuleError("profile_differs", f"filed under {filing.body['profile']}")
    if "title" in body and {"name": body["title"], "level": body["level"]} not in filing.titles:
        raise RuleError("title", "the organisation has filed no such level of its own, or for another level")
    if not filing.covers(cast("Body", body["occupation"]), cast("str", body["level"])):
        raise RuleError("scope", "occupation or level is not in the filed scope")
    if (
        not cast("str", filing.body["valid_from"])
        <= cast("str", body["issued"])
        <= cast("str", filing.body["valid_to"])
    ):
        raise RuleError("term", f"filed from {filing.body['valid_from']} to {filing.body['valid_to']}")


def check_facts(
    entry: Entry, org: Organisation, profile: Profile, issued_at: int, *, ranges_due: bool = False
) -> CodeParts:
    """Return the parts of the number. Raises RuleError unless an issue or correction obeys every rule.

    `org` is the organisation that the number names (its first 13 characters), with its whole history. A correction is
    held to what was filed when the certificate was issued, at the entry `issued_at`: a certificate keeps the name and
    scope of its day. `ranges_due`: the ledger's policy asks for all that the profile does, an assigned range included.
    """
    body = entry.record.body
    parts = check_number(body, profile)
    filing = org.filing_at(issued_at)
    if filing is None or org.ended_at(issued_at):
        # A merged organisation's numbers are closed too: its successor signs events about them, never new ones.
        raise RuleError("org_not_filed_then", "the organisation was not filed, or had ended, when this was issued")
    due = ranges_due and profile.ranges is not None and profile.ranges.value
    if not org.may_number(cast("str", body["code"]), issued_at, due=due):
        raise RuleError("range", "the number is in none of the ranges assigned to the organisation")
    check_scope(body, filing)
    if parse_date(cast("str", body["issued"]), "issued") > local_date(entry.unix):
        raise RuleError("future_issue", "issued after the day it was written")
    return parts


def check_event(entry: Entry) -> None:
    """Raise RuleError if a suspension, restoration, reissue or revocation takes effect after the day it was written."""
    effective = cast("str", entry.record.body["effective"])
    if parse_date(effective, "effective") > local_date(entry.unix):
        raise RuleError("event_future", f"takes effect on {effective}, after the day it was written")
