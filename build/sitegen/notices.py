"""Publicity notices 公示: masked lists for as long as their period runs, and then a page that says it has ended.

A list is shown only if it is the one that the notice's entry committed to and nothing in it tells more than a masked
list may (浔人社发〔2023〕5号 附件2 公示信息脱敏); else no site is built. The day is an argument: the same ledger makes
the same pages for the same day.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from ledger.app.places import Place
from ledger.app.published import published_lists
from ledger.app.replayed import Replayed
from ledger.core.profile import Profile
from ledger.core.published import PublishedList, list_problems, parse_list
from ledger.core.workflow import Step
from sitegen.errors import SiteError
from sitegen.ledgerinfo import china_time
from sitegen.organisations import OrganisationView
from sitegen.pages import Name, Page, Renderer, level_name

__all__ = ["NoticeView", "State", "notice_pages", "personal_data", "view_notices"]

PER_PAGE = 500  # rows of a list on one page
State = Literal["coming", "running", "ended"]

# Whole or inside other text: what must stand on no page. Numbers of 15 and 18 digits are identity numbers.
_PERSONAL = {
    "an identity number": re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{14}(?:[0-9]{2}[0-9Xx])?(?![0-9A-Za-z])"),
    "a telephone number": re.compile(r"(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])"),
    "an e-mail address": re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
}
_WIDE = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("＠"): "@", ord("Ｘ"): "X", ord("ｘ"): "x"}


def personal_data(text: str) -> str | None:
    """What a text holds that no notice may show, in words; None if nothing."""
    plain = text.translate(_WIDE)
    return next((what for what, pattern in _PERSONAL.items() if pattern.search(plain)), None)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What is shown of a notice. `listed` is None where no list is shown: it has ended, or was erased."""

    seq: int
    state: State
    kind: str
    org: str
    name: str
    plan: str
    place: str
    exam_from: str
    exam_to: str
    occupation: str
    code: str
    job: str
    levels: tuple[Name, ...]
    profile: str
    first: str
    last: str
    count: int
    digest: str
    office: str
    listed: PublishedList | None


def view_notices(
    place: Place,
    ledger: Replayed,
    profiles: Mapping[str, Profile],
    organisations: Mapping[str, OrganisationView],
    day: date,
) -> list[NoticeView]:
    """The notices that stand, the newest first, as they are on `day`. Raises SiteError for a list that may not show."""
    views = []
    for path, notice, data in published_lists(place, ledger.workflow):
        listed = None
        if isinstance(data, bytes):
            for rule, problem in list_problems(notice, data):
                raise _refused(path, f"{rule}: {problem}")
            listed = parse_list(data)
            for number, row in enumerate(listed.rows, 1):
                for what in filter(None, map(personal_data, row)):
                    raise _refused(path, f"row {number} holds {what}")
        views.append(_view(notice, listed, profiles, organisations, day))
    return sorted(views, key=lambda view: -view.seq)


def _refused(path: str, problem: str) -> SiteError:
    return SiteError(f"{path} is not fit to be published, so no site is built: {problem}")


def _view(
    notice: Step,
    listed: PublishedList | None,
    profiles: Mapping[str, Profile],
    organisations: Mapping[str, OrganisationView],
    day: date,
) -> NoticeView:
    plan = cast("Step", notice.plan)
    occupation = cast("Mapping[str, str]", plan.body["occupation"])
    today, first, last = day.isoformat(), notice.text("first"), notice.text("last")
    state: State = "coming" if today < first else "running" if today <= last else "ended"
    organisation = organisations[notice.text("org")]
    return NoticeView(
        seq=notice.seq,
        state=state,
        kind=notice.text("list"),
        org=organisation.org,
        name=organisation.name,
        plan=plan.text("plan"),
        place=plan.text("place"),
        exam_from=plan.text("exam_from"),
        exam_to=plan.text("exam_to"),
        occupation=occupation["name"],
        code=occupation["code"],
        job=occupation.get("job", ""),
        levels=tuple(
            level_name(profiles, plan.text("profile"), level) for level in cast("list[str]", plan.body["levels"])
        ),
        profile=plan.text("profile"),
        first=first,
        last=last,
        count=notice.number("count"),
        digest=notice.text("digest"),
        office=dict(organisation.details).get("office", ""),
        listed=listed if state == "running" else None,
    )


def notice_pages(renderer: Renderer, ledger: Replayed, views: list[NoticeView]) -> Iterator[Page]:
    """All pages below notices/: the running ones on the first, and a page for every notice there ever was."""
    shared = {"current": "notices", "as_of": china_time(ledger.as_of)}
    running = [view for view in views if view.state == "running"]
    yield from renderer.pages("notices/", "notices.html.j2", **shared, notices=running)
    for view in views:
        rows = view.listed.rows if view.listed else ()
        starts = range(0, len(rows), PER_PAGE) or range(1)
        folders = ["" if n == 1 else f"{n}/" for n in range(1, len(starts) + 1)]
        for number, start in enumerate(starts, 1):
            shown = [_cells(view, row, renderer.profiles) for row in rows[start : start + PER_PAGE]]
            yield from renderer.pages(
                f"notices/{view.seq}/{folders[number - 1]}",
                "notice.html.j2",
                **shared,
                notice=view,
                columns=view.listed.columns if view.listed else (),
                rows=shown,
                offset=start,
                number=number,
                folders=folders,
                up="../" * folders[number - 1].count("/"),
            )


def _cells(view: NoticeView, row: tuple[str, ...], profiles: Mapping[str, Profile]) -> list[tuple[str, str, Name]]:
    """The cells of a row: column, text as it stands, and the name of a level."""
    columns = view.listed.columns if view.listed else ()
    return [
        (column, text, level_name(profiles, view.profile, text) if column == "level" and text else Name("", ""))
        for column, text in zip(columns, row, strict=True)
    ]
