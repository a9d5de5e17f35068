"""`ledger watch`, `ledger mirror`: what somebody runs who trusts nobody to keep a ledger honest."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED
from ledger.cli.pinning import pinned_trust
from ledger.cli.session import Session
from ledger.cli.show import audit_lines

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.places import Place
    from ledger.core.trust import Trust

__all__ = ["mirror", "watch"]

_DAY = 86_400  # seconds


def watch(
    session: Session,
    *,
    place: str,
    state: Path,
    trust: Path | None,
    whole_after: int | None,
    on_alarm: Path | None,
    jobs: int | None,
    json_: bool,
) -> int:
    """Look at a live ledger once; 0 all is well, 1 an alarm, 3 it could not be looked at."""
    from ledger.app.home import load_profiles
    from ledger.app.places import open_place
    from ledger.app.watching import ALARMS, look

    session.failing = COULD_NOT_CHECK
    opened = open_place(place)
    pinned = _kept_trust(session, opened, state, trust)
    found = look(
        opened,
        pinned,
        load_profiles(),
        state,
        now=session.now(),
        whole_after=_seconds(whole_after),
        jobs=jobs or os.cpu_count() or 1,
        progress=session.terminal.progress,
    )
    if json_:
        told = {"kind": found.kind, "place": place, "problem": found.problem, "size": found.size, "time": found.time}
        session.terminal.result(json.dumps(told, ensure_ascii=False, sort_keys=True))
    else:
        said = session.texts(f"cli.watch.{found.kind}", size=found.size, time=found.time, problem=found.problem)
        session.terminal.result(said)
        if found.audit is not None and found.kind == "broken":
            for line in audit_lines(found.audit, session.texts):
                session.terminal.result(line)
    if found.kind not in ALARMS:
        return COULD_NOT_CHECK if found.kind in ("unreachable", "updating") else DONE
    session.terminal.hint("cli.watch.evidence", state=state)
    if on_alarm is not None:
        # A program, never a shell's line: what a ledger says of itself is not run.
        subprocess.run([str(on_alarm.resolve()), found.kind, place, str(found.size)], check=False)  # noqa: S603 - named by the user
    return REFUSED


def _seconds(whole_after: int | None) -> int:
    """Return how long audits may go on from one another before one begins at the start; given in days."""
    from ledger.app.keeping import WHOLE_AFTER

    return WHOLE_AFTER if whole_after is None else whole_after * _DAY


def mirror(
    session: Session, *, place: str, out: Path, trust: Path | None, whole_after: int | None, jobs: int | None
) -> int:
    """Copy a public folder if its audit finds nothing wrong."""
    from ledger.app.home import load_profiles
    from ledger.app.mirroring import mirror as mirror_place
    from ledger.app.places import open_place

    session.failing = COULD_NOT_CHECK
    opened = open_place(place)
    pinned = pinned_trust(session, opened, trust)
    audit = mirror_place(
        opened,
        pinned,
        load_profiles(),
        out,
        now=session.now(),
        whole_after=_seconds(whole_after),
        jobs=jobs or os.cpu_count() or 1,
        progress=session.terminal.progress,
    )
    for line in audit_lines(audit, session.texts):
        session.terminal.result(line)
    if audit.verdict == "verified":
        session.terminal.result(session.texts("cli.mirror.done", out=out, entries=audit.entries))
        return DONE
    session.terminal.hint("cli.mirror.kept", out=out)
    return REFUSED if audit.verdict == "not_verified" else COULD_NOT_CHECK


def _kept_trust(session: Session, place: "Place", state: Path, file: Path | None) -> "Trust":
    """Return the keys pinned in the state, followed; those given, or the place's own, the first time."""
    from ledger.core.trust import format_trust
    from ledger.publish.durable import write_atomic

    kept = state / "trust.json"
    source = kept if file is None and kept.is_file() else file
    pinned = pinned_trust(session, place, source)
    state.mkdir(parents=True, exist_ok=True)
    write_atomic(kept, format_trust(pinned))
    return pinned
