"""The report that an auditor files: the audit as JSON, and as one page with a plot, complete in itself.

The page has no script and asks nobody for anything: it can be printed, signed and put away. The plot shows how many
entries there were at which time; bands mark the times when the ledger was older than its own maximum age, ticks on the
right the entries that findings name.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ledger.cli.session import Session
from ledger.cli.show import audit_lines
from ledger.cli.wide import table
from ledger.core.encoding import format_time, parse_time
from ledger.core.errors import FormatError
from ledger.core.profile import Profile
from ledger.locales import Texts, load_texts

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.core.audit import Audit
    from ledger.core.trust import Trust

__all__ = ["Plot", "file_report", "plot", "rule_lines"]

WIDTH, HEIGHT = 640, 240  # of the plot, in units of its own
_ENTRY = re.compile(r"entry (\d+)")
_TEMPLATE = Path(__file__).with_name("filed.html.j2")


class Plot(NamedTuple):
    """The drawn plot: `line` as SVG points, `bands` (x, width) of times without a fresh head, `marks` at findings."""

    line: str
    bands: list[tuple[float, float]]
    marks: list[float]
    first: str
    last: str
    most: int


def plot(growth: Sequence[tuple[str, int]], places: Sequence[int], max_age: int) -> Plot | None:
    """Draw `growth`, the (time, size) after each batch; `places` are entries with findings, `max_age` is in seconds.

    None where there is nothing to draw.
    """
    points: list[tuple[int, int]] = []
    for said, size in growth:
        try:
            points.append((parse_time(said, "time"), size))
        except FormatError:
            continue  # found by the audit; it has no place on an axis
    if not points:
        return None
    start, end = min(time for time, _ in points), max(time for time, _ in points)
    most, span = max(size for _, size in points), max(end - start, 1)

    def x(time: int) -> float:
        return round((time - start) * WIDTH / span, 1)

    def y(size: int) -> float:
        return round(HEIGHT - size * HEIGHT / most, 1)

    corners, before = [f"0,{HEIGHT}"], 0
    bands = []
    for place, (time, size) in enumerate(points):
        corners += [f"{x(time)},{y(before)}", f"{x(time)},{y(size)}"]
        before = size
        if place and time - points[place - 1][0] > max_age:
            left = x(points[place - 1][0] + max_age)
            bands.append((left, round(x(time) - left, 1)))
    marks = sorted({y(min(place, most)) for place in places})
    return Plot(" ".join(corners), bands, marks, format_time(start), format_time(end), most)


def file_report(session: Session, audit: "Audit", trust: "Trust", place: str, folder: Path) -> None:
    """Write report.json and report.html into `folder`."""
    from jinja2 import Environment, StrictUndefined

    from ledger import __version__
    from ledger.core.audit import format_audit
    from ledger.core.note import format_vkey

    texts = session.texts
    entries = [int(found[1]) for finding in audit.findings if (found := _ENTRY.fullmatch(finding.where))]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        t=texts,
        other=load_texts("en" if texts.language == "zh" else "zh"),
        audit=audit,
        place=place,
        key=format_vkey(trust.log),
        now=format_time(session.now()),
        version=__version__,
        lines=list(audit_lines(audit, texts)),
        plot=plot(audit.growth, entries, trust.max_age),
        width=WIDTH,
        height=HEIGHT,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(format_audit(audit) + b"\n")
    (folder / "report.html").write_bytes(page.encode())
    session.terminal.say("cli.verify.filed", folder=folder)


def rule_lines(audit: "Audit", texts: Texts, trust: "Trust", profiles: Mapping[str, Profile]) -> Iterator[str]:
    """Yield every rule that the ledger was held to, with its source and how often it was broken."""
    broken = Counter(finding.rule for finding in (*audit.findings, *audit.warnings))
    for name in trust.profiles:
        known = profiles.get(name)
        if known is None:
            continue
        yield ""
        yield texts("cli.verify.rules", profile=name, count=len(known.rules))
        rows = [
            [rule.id, texts(f"cli.severity.{rule.severity}"), str(broken[rule.id]), rule.source]
            for rule in known.rules.values()
        ]
        yield from (f"  {line}" for line in table(rows[0], rows[1:]))
