"""Supervision 督导: a report's scores, from a TOML file or from the notice's own form, filled in.

    held = 2026-10-21
    vetoes = []                  # ids of the form's 否决项; any one makes the total 0
    [points]                     # one score for each item of the form: `ledger profile show`
    scope-time = 3
    place = 2

The total is the sum; it is not written here.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, cast

from ledger.app.notices import SheetRefused
from ledger.app.plans import InputError
from ledger.core.canonical import Value
from ledger.core.duties import Supervision
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.core.shape import count, date_text, list_of, word
from ledger.core.workflow import Step
from ledger.forms.findings import has_errors
from ledger.forms.layouts import layout_ids, load_layout
from ledger.forms.page_reader import read_form

__all__ = ["report_body"]

_words = list_of(word)


def report_body(plan: Step, profile: Profile, form_id: str, path: Path) -> dict[str, Value]:
    """Return the body of a supervision.report from the file at `path`: .toml, or the filled form as .xlsx.

    Raises InputError for a file that is not of its form, SheetRefused with the findings of a filled form, RuleError if
    the profile has no form `form_id`, OSError.
    """
    form = next((one for one in profile.supervision if one.id == form_id), None)
    if form is None:
        raise RuleError("points", f"{profile.name} has no supervision form {form_id}")
    held, points, vetoes = _from_toml(path, form) if path.suffix.lower() == ".toml" else _from_form(path, form)
    return {
        "form": form_id,
        "held": held,
        "org": plan.body["org"],
        "plan": plan.seq,
        "points": cast("Value", [points[item.id] for item in form.items]),
        "total": 0 if vetoes else sum(points.values()),
        "vetoes": cast("Value", sorted(vetoes)),
    }


def _from_toml(path: Path, form: Supervision) -> tuple[str, dict[str, int], list[str]]:
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("the report is not TOML") from error
    held, points, vetoes = (values.pop(name, default) for name, default in _MEMBERS)
    held = held.isoformat() if isinstance(held, date) else held
    if values:
        raise InputError(f"a report has no member {min(values)}")
    if not (date_text(held) and isinstance(points, dict) and all(map(count, points.values())) and _words(vetoes)):
        raise InputError("a report has held (a date), [points] (a number each) and vetoes (a list of words)")
    items = [item.id for item in form.items]
    for name in sorted(points.keys() ^ set(items)):
        raise InputError(f"the report has no points for {name}" if name in items else f"the form has no item {name}")
    return held, points, list(dict.fromkeys(vetoes))


_MEMBERS: tuple[tuple[str, Any], ...] = (("held", ""), ("points", {}), ("vetoes", []))


def _from_form(path: Path, form: Supervision) -> tuple[str, dict[str, int], list[str]]:
    name = f"supervision-{form.id}"
    layout = load_layout(name) if name in layout_ids() else None
    if layout is None or [item.id for item in layout.items] != [item.id for item in form.items]:
        raise InputError(f"no page of the form {form.id} is known here; write the scores as TOML")
    reading = read_form(path, layout)
    if has_errors(reading.findings):
        raise SheetRefused(reading.findings)
    fields = reading.values.fields
    vetoes = [veto.id for veto in layout.vetoes if fields.get(veto.id)]
    return fields["held"], {item.id: int(fields[item.id]) for item in form.items}, vetoes
