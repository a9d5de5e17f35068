"""Published lists of a place: the files under public/notice/ that notices commit to."""

from collections.abc import Iterator

from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.published import notice_path
from ledger.core.workflow import Step, Workflow

__all__ = ["published_lists"]

_AT_ONCE = 256  # lists fetched at a time


def published_lists(place: Place, workflow: Workflow) -> Iterator[tuple[str, Step, bytes | Absent]]:
    """Yield (path, notice, bytes) for the list of every notice that stands. MISSING is none: it was erased."""
    notices = [step for step in workflow.steps.values() if step.type == "notice.open"]
    for start in range(0, len(notices), _AT_ONCE):
        paths = {notice_path(step.seq): step for step in notices[start : start + _AT_ONCE]}
        answers = place.fetch_all(paths)
        for path, step in paths.items():
            yield path, step, answers[path]
