"""Reports and audits as text for people, and the audit as JSON for machines."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from ledger.cli.session import Session
from ledger.cli.wide import fold, legible, pad, width
from ledger.core.encoding import local_date, parse_time
from ledger.core.profile import Profile
from ledger.core.report import Report, Step, format_report
from ledger.locales import Texts

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of it
    from ledger.core.audit import Audit

__all__ = ["age", "audit_lines", "print_report", "report_lines"]

MARKS: Final = {"pass": "✓", "fail": "✗", "unknown": "?", "not_reached": "·"}
_COLUMNS: Final = 96
_ON_PAPER: Final = ("name", "doc_type", "doc_no", "employer")  # what a holder may show, in the order of the certificate
_UNITS: Final = (("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def age(seconds: int, texts: Texts) -> str:
    """Return a span of time in its two largest units."""
    parts: list[str] = []
    rest = max(seconds, 0)
    for name, size in _UNITS:
        number, rest = divmod(rest, size)
        if number or (name == "seconds" and not parts):
            parts.append(texts(f"cli.age.{name}", number=number))
        elif parts:
            break
    return " ".join(parts[:2])


def print_report(session: Session, report: Report, profiles: Mapping[str, Profile], *, as_json: bool) -> None:
    """Print a report for people, or as the bytes that the page gives."""
    if as_json:
        session.terminal.result_bytes(format_report(report))
    else:
        for line in report_lines(report, session.texts, profiles):
            session.terminal.result(line)


def report_lines(report: Report, texts: Texts, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Yield a report in lines; what its records say cannot steer the terminal."""
    return map(legible, _report(report, texts, profiles))


def _report(report: Report, texts: Texts, profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Yield a report: verdict, advice, notes, facts, history, time, steps; "below" in a text means that order."""
    yield f"{report.code}  {texts(f'verdict.{report.verdict}')}"
    meaning = texts(f"verdict.{report.verdict}.meaning")
    if report.reason != report.verdict:
        space = "" if texts.language == "zh" else " "
        meaning += space + texts.get(f"reason.{report.reason}", report.reason)
    yield from (f"  {line}" for line in fold(meaning, _COLUMNS - 2))
    advice = f"{texts('cli.check.advice')}{texts(f'verdict.{report.verdict}.advice')}"
    yield from (f"  {line}" for line in fold(advice, _COLUMNS - 2))
    for title, note in _notes(report, texts):
        yield from ("", f"  {title}")
        yield from (f"  {line}" for line in fold(note, _COLUMNS - 2))
    rows = [*_facts(report, texts, profiles), *_events(report, texts), *_times(report, texts)]
    if rows:
        yield ""
        first = max(width(title) for title, _ in rows)
        yield from (f"  {pad(title, first)}  {value}" for title, value in rows)
    yield ""
    yield texts("cli.check.steps")
    for step in report.steps:
        yield from _step(step, texts)


def _facts(report: Report, texts: Texts, profiles: Mapping[str, Profile]) -> Iterator[tuple[str, str]]:
    facts = cast("dict[str, Any]", report.sections.get("facts") or {})
    masked = cast("dict[str, str]", report.sections.get("masked") or {})
    disclosed = cast("dict[str, object]", report.sections.get("disclosed") or {})
    if masked:
        yield texts("cli.fact.holder"), texts("cli.fact.masked", name=masked["name"])
    for name in (*_ON_PAPER, *sorted(disclosed.keys() - {*_ON_PAPER})):
        if name in disclosed:
            value = str(disclosed[name])
            shown = _document(value, facts, texts, profiles) if name == "doc_type" else value
            yield texts.get(f"cli.printed.{name}", name), shown
    for name, same in cast("dict[str, bool]", report.sections.get("matched") or {}).items():
        yield texts(f"cli.match.{name}"), texts("cli.match.yes" if same else "cli.match.no")
    if facts:
        occupation = facts["occupation"]
        job = texts("cli.occupation.job", job=occupation["job"]) if "job" in occupation else ""
        yield texts("cli.fact.occupation"), f"{occupation['name']}{job}  {occupation['code']}"
        yield texts("cli.fact.level"), _level(facts, texts, profiles)
        yield texts("cli.fact.issued"), facts["issued"]
        yield texts("cli.fact.evaluator"), facts["evaluator"]
    organisation = cast("dict[str, str]", report.sections.get("organisation") or {})
    if organisation:
        state = texts(f"organisation.{organisation['state']}")
        ended = cast("dict[str, str] | None", organisation.get("ended"))
        term = f"{organisation['valid_from']} – {organisation['valid_to']}" if ended is None else _day(ended)
        yield texts("cli.fact.filing"), f"{organisation['org']}  {state}  {term}"


def _notes(report: Report, texts: Texts) -> Iterator[tuple[str, str]]:
    """Yield what became of those who signed: a title, and a paragraph on what it means and what to do."""
    organisation = cast("dict[str, Any]", report.sections.get("organisation") or {})
    keys = cast("list[dict[str, Any]]", report.sections.get("revoked_keys") or [])
    found: list[tuple[str, str, str, dict[str, Any]]] = []
    if "ended" in organisation:
        state = "merged" if "into" in organisation else organisation["state"]
        advice = "merged" if "into" in organisation else "ended"
        found.append((state, "ended", f"{advice}.advice", {**organisation, **organisation["ended"]}))
    for key in keys:
        signed = ("、" if texts.language == "zh" else ", ").join(map(str, key["signed"]))
        found.append(("key", "key.text", "key.advice", {**key, "signed": signed}))
    for title, text, advice, values in found:
        known = {**values, "date": _day(values), "reason": texts(f"event_reason.{values['reason']}")}
        meaning = texts(f"organisation.note.{text}", **known)
        space = "" if texts.language == "zh" else " "
        yield texts(f"organisation.note.{title}"), meaning + space + texts(f"organisation.note.{advice}", **known)


def _day(written: Mapping[str, str]) -> str:
    """Return the day, in China, of what was written at a `time`."""
    return local_date(parse_time(written["time"], "time")).isoformat()


def _document(code: str, facts: Mapping[str, str], texts: Texts, profiles: Mapping[str, Profile]) -> str:
    """Return the name of a document type, or its code where there is none."""
    profile = profiles.get(facts.get("profile", ""))
    kind = profile.document_type(code) if profile else None
    return code if kind is None else getattr(kind, texts.language)


def _level(facts: Mapping[str, str], texts: Texts, profiles: Mapping[str, Profile]) -> str:
    profile = profiles.get(facts["profile"])
    level = profile.level(facts["level"]) if profile else None
    return facts["level"] if level is None else getattr(level, texts.language)


def _events(report: Report, texts: Texts) -> Iterator[tuple[str, str]]:
    title = texts("cli.fact.history")
    for event in cast("list[dict[str, Any]]", report.sections.get("events") or []):
        parts = [event["time"], texts(f"event.{event['type']}"), texts(f"event.by.{event['by']}")]
        if "reason" in event:
            parts.append(texts.get(f"event_reason.{event['reason']}", event["reason"]))
        if "effective" in event:
            parts.append(texts("cli.fact.effective", date=event["effective"]))
        yield title, "  ".join(parts)
        title = ""


def _times(report: Report, texts: Texts) -> Iterator[tuple[str, str]]:
    as_of = cast("str | None", report.sections.get("as_of"))
    if as_of is not None:
        since = report.checked_at - parse_time(as_of, "as_of")
        yield texts("cli.fact.as_of"), texts("cli.status.ago", time=as_of, age=age(since, texts))
    checkpoint = cast("dict[str, Any] | None", report.sections.get("checkpoint"))
    if checkpoint is not None:
        text = texts("cli.fact.checkpoint.value", origin=checkpoint["origin"], size=checkpoint["size"])
        yield texts("cli.fact.checkpoint"), text


def _step(step: Step, texts: Texts) -> Iterator[str]:
    begin = f"  {MARKS[step.state]} {step.id:<4}"
    title = texts(f"step.{step.id}")
    reason = texts.get(f"reason.{step.reason}", step.reason)
    shown = title if step.state == "not_reached" else f"{title} — {reason}"
    lines = list(fold(shown, _COLUMNS - width(begin)))
    yield begin + lines[0]
    yield from (" " * width(begin) + line for line in lines[1:])
    if step.state in ("fail", "unknown") and step.detail:
        facts = ", ".join(f"{name}: {value}" for name, value in sorted(step.detail.items()))
        yield f"{' ' * width(begin)}({facts})"


def audit_lines(audit: "Audit", texts: Texts) -> Iterator[str]:
    """Yield an audit: the verdict, what was read, and every finding by rule and place."""
    if audit.before and audit.verdict == "verified":
        yield texts("cli.verify.verified.new", size=audit.before, whole=audit.whole)
    else:
        yield texts(f"cli.verify.{audit.verdict}")
    if audit.checkpoint is not None:
        origin, size = audit.checkpoint.origin, audit.checkpoint.size
        yield texts("cli.verify.checkpoint", origin=origin, size=size, time=audit.as_of)
    yield texts("cli.verify.counts", entries=audit.entries, certificates=audit.certificates)
    for title, findings in (("findings", audit.findings), ("warnings", audit.warnings)):
        if findings:
            yield ""
            yield texts(f"cli.verify.{title}", count=len(findings))
            counts = Counter(finding.rule for finding in findings)
            for rule in counts:
                meaning = texts.get(f"cli.audit.{rule}", texts.get(f"reason.{rule}", texts.get(f"cli.rule.{rule}", "")))
                yield f"  {rule} ({counts[rule]})  {meaning}".rstrip()
                yield from (f"    {found.where}: {found.problem}" for found in findings if found.rule == rule)
    unchecked = (("unread", audit.unreachable), ("updating", audit.updating), ("undecided", audit.undecided))
    for title, paths in unchecked:
        if paths:
            yield ""
            yield texts(f"cli.verify.{title}", count=len(paths))
            yield from (f"    {path}" for path in paths)
