"""`ledger plan ...` and `ledger notice ...`: an evaluation from its plan to the approval of its results."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ledger.cli.failures import DONE, USAGE, CommandError, describe
from ledger.cli.recording import Ledger, listed, occupation_words, record, sheet_refused
from ledger.cli.session import Session
from ledger.cli.wide import table

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.evidence import Piece
    from ledger.app.plans import PlanView
    from ledger.core.canonical import Value
    from ledger.core.duties import Evidence
    from ledger.core.workflow import Step

__all__ = ["approve", "close_notice", "file", "list_", "open_notice", "result", "show", "supervise"]

Side = Literal["organisation", "registrar"]


def file(session: Session, *, plan: Path) -> int:
    """File a plan."""
    from ledger.app.evidence import Piece
    from ledger.app.papers import Papers
    from ledger.app.plans import parse_plan, plan_body

    try:
        values = parse_plan(plan.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise CommandError("cli.not_utf8", path=plan) from error

    def make(ledger: Ledger) -> "list[Piece]":
        papers = Papers(session.random)
        body = plan_body(values, plan.parent, ledger.registry, papers)
        return [Piece("plan.file", body, "organisation", salts=papers.salts)]

    (seq,) = record(session, make)
    session.terminal.result(session.texts("cli.plan.filed", plan=values["plan"], org=values["org"], seq=seq))
    session.terminal.hint("cli.plan.next", seq=seq)
    return DONE


def list_(session: Session) -> int:
    """List the plans."""
    from ledger.app.plans import view_plan

    with session.viewing() as (home, store):
        ledger = Ledger(home, store)
    views = [
        view_plan(ledger.workflow, step.seq, ledger.size)
        for step in ledger.workflow.steps.values()
        if step.type == "plan.file"
    ]
    if not views:
        session.terminal.say("cli.plan.none")
        return DONE
    header = [session.texts(f"cli.plan.{name}") for name in ("seq", "org", "number", "occupation", "exam", "state")]
    for line in table(header, [_row(session, view) for view in views]):
        session.terminal.result(line)
    return DONE


def _row(session: Session, view: "PlanView") -> list[str]:
    body, texts = view.plan.body, session.texts
    days = texts("cli.plan.days", first=body["exam_from"], last=body["exam_to"])
    occupation = occupation_words(cast("dict[str, str]", body["occupation"]), texts)
    missing = [_item(session, item) for item, step in view.due if step is None]
    if view.refusal is None:
        state = texts("cli.plan.ready")
    else:
        lacks = view.refusal.rule == "evidence_missing"
        state = texts("cli.plan.lacks", missing=listed(texts, missing)) if lacks else texts("cli.plan.stopped")
    return [str(view.plan.seq), view.plan.text("org"), view.plan.text("plan"), occupation, days, state]


def _item(session: Session, item: "Evidence") -> str:
    texts = session.texts
    return texts(f"cli.plan.item.{item.kind}", step=texts.get(f"cli.plan.step.{item.step}", item.step))


def show(session: Session, *, plan: int) -> int:
    """Show one plan: its steps, what an issue still needs, terms, until when materials are kept."""
    from ledger.app.plans import view_plan

    with session.viewing() as (home, store):
        ledger = Ledger(home, store)
    view = view_plan(ledger.workflow, plan, ledger.size)
    for line in _lines(session, view, str(ledger.registry.organisations[view.plan.text("org")].filings[-1].name)):
        session.terminal.result(line)
    return DONE


def _lines(session: Session, view: "PlanView", name: str) -> Iterator[str]:
    texts, body = session.texts, view.plan.body
    levels = [view.profile.level(code) for code in cast("list[str]", body["levels"])]
    occupation = cast("dict[str, str]", body["occupation"])
    days = texts("cli.plan.days", first=body["exam_from"], last=body["exam_to"])
    facts = [
        ("org", f"{body['org']}  {name}"),
        ("number", view.plan.text("plan")),
        ("occupation", f"{occupation_words(occupation, texts)}  {occupation['code']}"),
        ("levels", listed(texts, (getattr(level, texts.language) for level in levels if level is not None))),
        ("exam", f"{days}  {body['place']}"),
        ("candidates", str(body["candidates"])),
        ("profile", f"{view.profile.name}  {view.profile.notice}"),
    ]
    first, *rest = ([texts(f"cli.plan.{title}"), value] for title, value in facts)
    yield from table(first, rest)
    yield from _section(session, "steps", [_step(session, step) for step in (view.plan, *view.plan.parts)])
    rows = []
    for item, step in view.due:
        state = texts("cli.plan.has", seq=step.seq) if step is not None else texts("cli.plan.missing")
        rows.append([_item(session, item), state, view.profile.rules[item.rule].source])
    yield from _section(session, "due", rows)
    yield ""
    if view.refusal is None:
        yield texts("cli.plan.cites", seqs=listed(texts, view.cites))
    else:
        yield texts("cli.plan.not_yet", why=describe(view.refusal, texts, otherwise=USAGE, writes=False).text)
    terms = []
    for term in view.terms:
        day = term.last.isoformat() if term.last else texts("cli.plan.unknown" if term.unknown else "cli.plan.open")
        done = texts("cli.plan.done", day=term.done) if term.done else ""
        terms.append([texts(f"cli.period.{term.period.id}"), day, done, view.profile.rules[term.period.rule].source])
    yield from _section(session, "terms", terms)
    kept = [[texts(f"cli.material.{one.id}"), day.isoformat(), view.profile.rules[one.rule].source]
            for one, day in view.kept]  # fmt: skip
    yield from _section(session, "kept", kept)


def _section(session: Session, title: str, rows: list[list[str]]) -> Iterator[str]:
    if rows:
        yield ""
        yield session.texts(f"cli.plan.{title}")
        yield from (f"  {line}" for line in table(rows[0], rows[1:]))


def _step(session: Session, step: "Step") -> list[str]:
    texts = session.texts
    detail = step.type
    if step.type == "notice.close" and "passed" in step.body:
        detail += ".passed"
    values = {name: texts.get(f"cli.word.{value}", str(value)) for name, value in step.body.items()}
    if step.type in ("approval.give", "supervision.report"):
        word = step.text("step" if step.type == "approval.give" else "form")
        values["step"] = texts.get(f"cli.plan.step.{word}", word)
        values["vetoes"] = listed(texts, cast("list[str]", step.body.get("vetoes", []))) or texts("cli.word.none")
    told = texts(f"cli.detail.{detail}", **values)
    return [str(step.seq), step.day.isoformat(), texts(f"cli.step.{step.type}"), told]


def approve(
    session: Session, *, plan: int, step: str, refuse: bool, passed: int | None, first: str | None, last: str | None
) -> int:
    """Approve or refuse a plan's result at one step, perhaps with the numbers given for it."""
    from ledger.app.evidence import Piece, plan_of
    from ledger.core.code import normalise_code

    def make(ledger: Ledger) -> "list[Piece]":
        org = plan_of(ledger.workflow, plan, ledger.size).body["org"]
        body: dict[str, Value] = {
            "decision": "refused" if refuse else "approved",
            "org": org,
            "plan": plan,
            "step": step,
        }
        numbers = {"first": first, "last": last}
        body |= {name: normalise_code(code) for name, code in numbers.items() if code is not None}
        if passed is not None:
            body["passed"] = passed
        return [Piece("approval.give", body, "registrar")]

    (seq,) = record(session, make)
    word = session.texts.get(f"cli.plan.step.{step}", step)
    text = "cli.plan.refused" if refuse else "cli.plan.approved"
    session.terminal.result(session.texts(text, step=word, plan=plan, seq=seq))
    return DONE


def result(session: Session, *, plan: int, applied: int, examined: int, passed: int, paper: tuple[Path, ...]) -> int:
    """File the result of an evaluation."""
    from ledger.app.evidence import Piece, plan_of
    from ledger.app.papers import Papers

    def make(ledger: Ledger) -> "list[Piece]":
        org = plan_of(ledger.workflow, plan, ledger.size).body["org"]
        body: dict[str, Value] = {
            "applied": applied,
            "examined": examined,
            "org": org,
            "passed": passed,
            "plan": plan,
        }
        papers = Papers(session.random)
        if paper:
            body["papers"] = cast("Value", sorted(papers.digest(path) for path in paper))
        return [Piece("result.file", body, "organisation", salts=papers.salts)]

    (seq,) = record(session, make)
    session.terminal.result(session.texts("cli.plan.reported", plan=plan, passed=passed, seq=seq))
    return DONE


def supervise(session: Session, *, plan: int, report: Path, form: str, by: Side | None) -> int:
    """Record a supervision report; an internal one is the organisation's, an external one the registrar's."""
    from ledger.app.evidence import Piece, plan_of
    from ledger.app.notices import SheetRefused
    from ledger.app.supervision import report_body

    bodies: list[dict[str, Value]] = []

    def make(ledger: Ledger) -> "list[Piece]":
        filed = plan_of(ledger.workflow, plan, ledger.size)
        bodies.append(report_body(filed, ledger.workflow.profile_of(filed), form, report))
        return [Piece("supervision.report", bodies[0], by or ("registrar" if form == "external" else "organisation"))]

    try:
        (seq,) = record(session, make)
    except SheetRefused as refused:
        return sheet_refused(session, refused)
    texts = session.texts
    session.terminal.result(texts("cli.plan.supervised", plan=plan, total=bodies[0]["total"], seq=seq))
    if bodies[0]["vetoes"]:
        session.terminal.warning("cli.plan.vetoed", plan=plan)
    return DONE


def open_notice(
    session: Session,
    *,
    plan: int,
    list_: str,
    first: str | None,
    last: str | None,
    from_: Path | None,
    count: int | None,
) -> int:
    """Open the notice of a list, masked."""
    from ledger.app import notices
    from ledger.app.home import load_profiles

    if (from_ is None) == (count is None):
        raise CommandError("cli.notice.which", code=USAGE)
    passphrase = session.passphrase()
    with session.recording() as (home, store):
        try:
            opened = notices.open_notice(
                home,
                store,
                session.keyring(home, passphrase),
                plan,
                list_,
                load_profiles(),
                source=from_,
                count=count,
                first=first,
                last=last,
                now=session.now(),
                random=session.random,
            )
        except notices.SheetRefused as refused:
            return sheet_refused(session, refused)
    texts = session.texts
    words = {"list": texts(f"cli.word.{list_}"), "first": opened.first, "last": opened.last}
    session.terminal.result(texts("cli.notice.opened", **words, count=opened.count, seq=opened.seq))
    if from_ is not None and not session.is_organisations():
        session.terminal.result(f"  {home.public / 'notice' / f'{opened.seq}.json'}")
    session.terminal.hint("cli.notice.next", seq=opened.seq, last=opened.last)
    return DONE


def close_notice(
    session: Session, *, notice: int, objections: int, settled: int, passed: int | None, confirmation: Path | None
) -> int:
    """Close a notice with the objections to it, and for results how many are confirmed."""
    from ledger.app import notices
    from ledger.app.home import load_profiles

    passphrase = session.passphrase()
    with session.recording() as (home, store):
        seq = notices.close_notice(
            home,
            store,
            session.keyring(home, passphrase),
            notice,
            load_profiles(),
            objections=objections,
            settled=settled,
            passed=passed,
            confirmation=confirmation,
            now=session.now(),
            random=session.random,
        )
    session.terminal.result(session.texts("cli.notice.closed", notice=notice, seq=seq))
    if settled < objections:
        session.terminal.warning("cli.notice.objections", open=objections - settled)
    return DONE
