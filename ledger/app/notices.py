"""Notices 公示: opened with a masked list, closed with what was said against it.

The list is masked before anything else sees it; its file is written with the entry that holds its digest, and lies in
public/notice/ until it is erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger.app.evidence import Book, Piece, plan_of, read_workflow, record_evidence
from ledger.app.home import Home, Random
from ledger.app.lists import mask_people
from ledger.app.papers import Papers
from ledger.app.sources import with_source
from ledger.core.canonical import Value
from ledger.core.encoding import local_date, parse_date
from ledger.core.errors import LedgerError, RuleError
from ledger.core.profile import Profile
from ledger.core.published import SALT, PublishedList, digest_of_list, format_list
from ledger.core.workflow import Step, Workflow
from ledger.crypto.keyring import Keyring
from ledger.forms.findings import Finding, has_errors
from ledger.forms.people import read_people

__all__ = ["Opened", "SheetRefused", "close_notice", "open_notice"]

_PERIODS = {"candidates": "publicity-candidates", "results": "publicity"}


class SheetRefused(LedgerError):  # noqa: N818 - the sheet was refused; the program has no error
    """Nothing was changed; `findings` say what is wrong with the sheet."""

    def __init__(self, findings: list[Finding]) -> None:
        """Carry the findings in the order of the sheet."""
        super().__init__(f"{sum(finding.severity == 'error' for finding in findings)} errors")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Opened:
    """A notice that was opened: its entry, its days, how many people it lists."""

    seq: int
    first: str
    last: str
    count: int


def open_notice(
    home: Home,
    store: Book,
    keyring: Keyring,
    plan_seq: int,
    listed: str,
    profiles: Mapping[str, Profile],
    *,
    source: Path | None,
    count: int | None,
    first: str | None,
    last: str | None,
    now: int,
    random: Random,
) -> Opened:
    """Open the notice of a plan's "candidates" or "results" with the list at `source`.

    Without a list (it hangs on a board) `count` says how many people it has. `first` is today unless given, `last` the
    last day that the profile asks for. Raises SheetRefused, RuleError, and what `record_evidence` raises.
    """
    _registry, workflow = read_workflow(store, profiles)
    plan = plan_of(workflow, plan_seq, store.size())
    profile = workflow.profile_of(plan)
    published = _published(home, plan, profile, source, random(SALT))
    begin = first or local_date(now).isoformat()
    end = last or _last(workflow, plan, profile, listed, parse_date(begin, "first"), store.size())
    data = format_list(published)
    body: dict[str, Value] = {
        "count": len(published.rows) if source is not None else count or 0,
        "digest": digest_of_list(data),
        "first": begin,
        "last": end,
        "list": listed,
        "org": plan.body["org"],
        "plan": plan_seq,
    }
    piece = Piece("notice.open", body, "organisation", data)
    (seq,) = record_evidence(home, store, keyring, [piece], profiles, now=now)
    return Opened(seq, begin, end, int(str(body["count"])))


def _published(home: Home, plan: Step, profile: Profile, source: Path | None, salt: bytes) -> PublishedList:
    if source is None:
        return PublishedList((), (), salt)
    levels = plan.body["levels"]
    people = read_people(source, profile, [str(level) for level in levels] if isinstance(levels, list) else [])
    if has_errors(people.findings):
        raise SheetRefused(people.findings)
    return mask_people(people, home.config.disclosure, salt)


def _last(workflow: Workflow, plan: Step, profile: Profile, listed: str, first: date, seq: int) -> str:
    """Return the last day of the period that the profile asks for from `first` on."""
    term = workflow.term(profile, _PERIODS[listed], first, seq)
    if term is not None:
        return term.day.isoformat()
    if seq in workflow.undecided:
        raise RuleError("calendar_unknown", f"the working days after {first} are not announced that far yet")
    error = RuleError("period_unset", "the notice sets no such period; say until when with --last")
    raise with_source(error, profile, plan.body)


def close_notice(
    home: Home,
    store: Book,
    keyring: Keyring,
    notice_seq: int,
    profiles: Mapping[str, Profile],
    *,
    objections: int,
    settled: int,
    passed: int | None,
    confirmation: Path | None,
    now: int,
    random: Random,
) -> int:
    """Close a notice; return the entry's seq. `passed`: how many are confirmed, for results.

    `confirmation` is the signed form 公示结果确认单; the ledger holds its salted digest. Raises RuleError, OSError, and
    what `record_evidence` raises.
    """
    _registry, workflow = read_workflow(store, profiles)
    notice = workflow.steps.get(notice_seq)
    if notice is None or notice.type != "notice.open":
        raise RuleError("evidence_unknown", f"entry {notice_seq} is no notice.open that stands")
    body: dict[str, Value] = {
        "notice": notice_seq,
        "objections": objections,
        "org": notice.body["org"],
        "settled": settled,
    }
    if passed is not None:
        body["passed"] = passed
    papers = Papers(random)
    if confirmation is not None:
        body["confirmation"] = papers.digest(confirmation)
    piece = Piece("notice.close", body, "organisation", salts=papers.salts)
    return record_evidence(home, store, keyring, [piece], profiles, now=now)[0]
