"""Published files under audit that entries commit to: the lists in public/notice/, the steps in public/trust/."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from ledger.app.lists import digest_of_list, parse_list, unmasked
from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.custody import Announced, open_step, update_path
from ledger.core.errors import FormatError, LedgerError
from ledger.core.workflow import Step, Workflow
from ledger.crypto.pynacl_verify import verify
from ledger.publish.projection import notice_path

__all__ = ["is_under_way", "list_problems", "published_lists", "step_problems"]

_AT_ONCE = 256  # lists fetched at a time
_LIST = re.compile(r"notice/(0|[1-9][0-9]{0,15})\.json")
# What a publication writes ahead of the head, what it has not deleted yet, and drafts that a kill left.
_PUBLISHED = re.compile(
    r"heads/[0-9]+|trust/[0-9]+|(index/[0-9]+/)?tile/[0-9a-z/.]+|(shard|masked)/[0-9]+/[0-9x/]+\.txt|([0-9a-z/]+/)?\.[0-9a-z.]+\.tmp"
)


def published_lists(place: Place, workflow: Workflow) -> Iterator[tuple[str, Step, bytes | Absent]]:
    """Yield (path, notice, bytes) for the list of every notice that stands. MISSING is none: it was erased."""
    notices = [step for step in workflow.steps.values() if step.type == "notice.open"]
    for start in range(0, len(notices), _AT_ONCE):
        paths = {notice_path(step.seq): step for step in notices[start : start + _AT_ONCE]}
        answers = place.fetch_all(paths)
        for path, step in paths.items():
            yield path, step, answers[path]


def list_problems(notice: Step, data: bytes) -> Iterator[tuple[str, str]]:
    """Yield (reason, problem) for a list that is not its notice's, or tells more than a masked list may."""
    if digest_of_list(data) != notice.body["digest"]:
        yield "notice_differs", "is not the list that the notice committed to"
        return
    try:
        published = parse_list(data)
    except FormatError as error:
        yield "notice_unmasked", str(error)
        return
    for place in unmasked(published):
        yield "notice_unmasked", f"{place} is not masked"
    if published.columns and len(published.rows) != notice.number("count"):
        yield "notice_differs", f"lists {len(published.rows)} people, the notice says {notice.body['count']}"


def step_problems(made: Sequence[Announced], read: Callable[[str], bytes | None]) -> Iterator[tuple[str, str]]:
    """Yield (path, problem) for every step of the trust that is not published as the ledger announced it.

    `read` returns a file, or reports that it is missing and returns None.
    """
    for before, announced in pairwise(made):
        path = update_path(announced.trust.version)
        data = read(path)
        if data is None:
            continue
        try:
            _, entry, checkpoint = open_step(data, before.trust, verify)
        except LedgerError as error:
            yield path, str(error)
            continue
        if entry.raw != announced.raw or (checkpoint.size, checkpoint.root) != (announced.size, announced.root):
            yield path, "is not the step that the ledger announced"


def is_under_way(path: str, size: int) -> bool:
    """Whether a publication that is under way explains a file that a ledger of `size` entries does not need."""
    found = _LIST.fullmatch(path)
    return int(found[1]) >= size if found is not None else _PUBLISHED.fullmatch(path) is not None
