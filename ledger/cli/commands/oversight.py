"""`ledger entrust|complaint|inspect ...`, `ledger org rate|audit`: agreements, and what the authority watches over."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ledger.cli.failures import COULD_NOT_CHECK, DONE, USAGE, CommandError
from ledger.cli.pinning import pinned_trust
from ledger.cli.recording import Ledger, listed, record
from ledger.cli.session import Session
from ledger.cli.wide import table
from ledger.core.encoding import format_base64, local_date

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.evidence import Piece
    from ledger.app.inspection import Drawn
    from ledger.core.canonical import Value

__all__ = [
    "audit_codes",
    "close_complaint",
    "confirm",
    "draw",
    "entrust",
    "list_complaints",
    "open_complaint",
    "outcome",
    "rate",
    "show_draw",
]

Side = Literal["organisation", "registrar"]
_BETWEEN = re.compile(r"[,，、\s]+")


def entrust(
    session: Session,
    *,
    principal: str,
    agent: str,
    agreement: Path,
    first: str,
    last: str,
    side: str,
    by: Side,
) -> int:
    """File an agreement on entrusted evaluation, for one side or both."""
    from ledger.app.evidence import Piece
    from ledger.app.papers import Papers

    def make(_ledger: Ledger) -> "list[Piece]":
        papers = Papers(session.random)
        digest = papers.digest(agreement)
        sides = {"principal": (principal, agent), "agent": (agent, principal)}
        pieces = []
        for role, (org, other) in sides.items():
            if side in (role, "both"):
                body: dict[str, Value] = {
                    "agreement": digest,
                    "first": first,
                    "last": last,
                    "org": org,
                    "other": other,
                    "role": role,
                }
                pieces.append(Piece("entrust.file", body, by, salts=papers.salts))
        return pieces

    seqs = record(session, make)
    numbers = listed(session.texts, seqs)
    session.terminal.result(session.texts("cli.entrust.filed", principal=principal, agent=agent, seqs=numbers))
    session.terminal.hint("cli.entrust.next" if side == "both" else "cli.entrust.other", seqs=numbers)
    return DONE


def confirm(session: Session, *, entry: int, by: Side) -> int:
    """File the other side of an agreement that one side has filed."""
    from ledger.app.evidence import Piece
    from ledger.core.errors import RuleError

    def make(ledger: Ledger) -> "list[Piece]":
        filed = ledger.workflow.steps.get(entry)
        if filed is None or filed.type != "entrust.file":
            raise RuleError("evidence_unknown", f"entry {entry} is no entrust.file that stands")
        turned = {"org": filed.body["other"], "other": filed.body["org"]}
        role = "agent" if filed.body["role"] == "principal" else "principal"
        return [Piece("entrust.file", {**filed.body, **turned, "role": role}, by)]

    (seq,) = record(session, make)
    session.terminal.result(session.texts("cli.entrust.confirmed", entry=entry, seq=seq))
    session.terminal.hint("cli.entrust.next", seqs=listed(session.texts, (entry, seq)))
    return DONE


def open_complaint(session: Session, *, org: str, about: str, received: str | None, plan: int | None) -> int:
    """Record that a complaint was accepted. Who complains, and what is said, stays outside the ledger."""
    from ledger.app.evidence import Piece

    def make(_ledger: Ledger) -> "list[Piece]":
        body: dict[str, Value] = {
            "about": about,
            "org": org,
            "received": received or local_date(session.now()).isoformat(),
        }
        return [Piece("complaint.open", body if plan is None else {**body, "plan": plan}, "registrar")]

    (seq,) = record(session, make)
    session.terminal.result(session.texts("cli.complaint.opened", org=org, seq=seq))
    return DONE


def close_complaint(session: Session, *, complaint: int, outcome: str) -> int:
    """Record how a complaint ended."""
    from ledger.app.evidence import Piece
    from ledger.core.errors import RuleError

    def make(ledger: Ledger) -> "list[Piece]":
        opened = ledger.workflow.steps.get(complaint)
        if opened is None or opened.type != "complaint.open":
            raise RuleError("complaint_unknown", f"entry {complaint} is no complaint.open that stands")
        body: dict[str, Value] = {"complaint": complaint, "org": opened.body["org"], "outcome": outcome}
        return [Piece("complaint.close", body, "registrar")]

    (seq,) = record(session, make)
    word = session.texts(f"cli.word.{outcome}")
    session.terminal.result(session.texts("cli.complaint.closed", complaint=complaint, outcome=word, seq=seq))
    return DONE


def list_complaints(session: Session) -> int:
    """List the complaints with their outcomes."""
    with session.reading() as (home, store):
        ledger = Ledger(home, store)
    texts = session.texts
    rows = []
    for step in ledger.workflow.steps.values():
        if step.type == "complaint.open":
            ended = step.closed
            state = texts(f"cli.word.{ended.body['outcome']}") if ended is not None else texts("cli.complaint.pending")
            about = texts(f"cli.word.{step.body['about']}")
            plan = str(step.body.get("plan", ""))
            rows.append([str(step.seq), step.text("org"), about, step.text("received"), plan, state])
    if not rows:
        session.terminal.say("cli.complaint.none")
        return DONE
    header = [texts(f"cli.complaint.{name}") for name in ("seq", "org", "about", "received", "plan", "outcome")]
    for line in table(header, rows):
        session.terminal.result(line)
    return DONE


def draw(session: Session, *, orgs: str, inspectors: str, draws: int) -> int:
    """Announce a draw; what is drawn follows from the next checkpoint."""
    from ledger.app.inspection import announcement

    pool = None if orgs == "all" else _words(orgs)

    def make(ledger: Ledger) -> "list[Piece]":
        return [announcement(ledger.registry, pool, _words(inspectors), draws, ledger.size)]

    (seq,) = record(session, make)
    session.terminal.result(session.texts("cli.inspect.announced", draws=draws, seq=seq))
    session.terminal.hint("cli.inspect.next", seq=seq)
    return DONE


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(text) if word]


def show_draw(session: Session, *, draw: int, in_: str | None, trust: Path | None) -> int:
    """Draw again, from the register or from where the ledger is published."""
    from ledger.app.inspection import drawn_in_place, drawn_of

    if in_ is None:
        with session.reading() as (home, store):
            ledger = Ledger(home, store)
        drawn = drawn_of(ledger.workflow, draw)
        names = {code: org.filings[-1].name for code, org in ledger.registry.organisations.items()}
    else:
        from ledger.app.home import load_profiles
        from ledger.app.places import open_place

        session.failing = COULD_NOT_CHECK
        place = open_place(in_)
        found = drawn_in_place(place, pinned_trust(session, place, trust), load_profiles(), draw)
        if found is None:
            raise CommandError("cli.inspect.unread", "cli.inspect.unread.hint", place=in_)
        drawn, names = found, {}
    for line in _drawn_lines(session, drawn, names):
        session.terminal.result(line)
    return DONE


def _drawn_lines(session: Session, drawn: "Drawn", names: dict[str, str]) -> Iterator[str]:
    texts = session.texts
    pool, inspectors = (cast("list[str]", drawn.announced.body[name]) for name in ("orgs", "inspectors"))
    day = drawn.announced.day
    yield texts("cli.inspect.pool", seq=drawn.announced.seq, day=day, orgs=len(pool), inspectors=len(inspectors))
    if not drawn.size:
        yield texts("cli.inspect.waiting")
        return
    yield texts("cli.inspect.seed", size=drawn.size, root=format_base64(drawn.root))
    header = [texts(f"cli.inspect.{name}") for name in ("org", "inspector", "outcome", "name")]
    rows = []
    for org, inspector in drawn.pairs:
        outcome = drawn.outcomes.get(org)
        state = texts(f"cli.word.{outcome}") if outcome else texts("cli.inspect.pending")
        rows.append([org, inspector, state, names.get(org, "")])
    yield from table(header, rows)


def outcome(session: Session, *, draw: int, outcome: tuple[str, ...]) -> int:
    """Record what the inspections found, one outcome for each organisation that was drawn."""
    from ledger.app.inspection import result_of_draw
    from ledger.core.evidence import OUTCOMES

    outcomes: dict[str, str] = {}
    for given in outcome:
        org, _, word = given.partition("=")
        if word not in OUTCOMES["inspection"] or org in outcomes:
            known = ", ".join(OUTCOMES["inspection"])
            raise CommandError("cli.inspect.form", code=USAGE, given=given, known=known)
        outcomes[org] = word
    (seq,) = record(session, lambda ledger: [result_of_draw(ledger.register, ledger.profiles, draw, outcomes)])
    session.terminal.result(session.texts("cli.inspect.recorded", draw=draw, count=len(outcomes), seq=seq))
    return DONE


def rate(session: Session, *, org: str, year: int, grade: str) -> int:
    """Record an organisation's grade in a year's rating."""
    from ledger.app.evidence import Piece

    body: dict[str, Value] = {"grade": grade, "org": org, "year": year}
    (seq,) = record(session, lambda _ledger: [Piece("org.rate", body, "registrar")])
    session.terminal.result(session.texts("cli.org.rated", org=org, year=year, grade=grade, seq=seq))
    return DONE


def audit_codes(session: Session, *, org: str, checked: int, outcome: str) -> int:
    """Record that the authority looked at an organisation's numbers."""
    from ledger.app.evidence import Piece

    body: dict[str, Value] = {"numbers": checked, "org": org, "outcome": outcome}
    (seq,) = record(session, lambda _ledger: [Piece("code.audit", body, "registrar")])
    word = session.texts(f"cli.word.{outcome}")
    session.terminal.result(session.texts("cli.org.audited", org=org, numbers=checked, outcome=word, seq=seq))
    return DONE
