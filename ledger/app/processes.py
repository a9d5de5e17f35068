"""The crew of an audit on several cores: blocks of shards are checked in other processes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self

from ledger.app.home import load_profiles
from ledger.app.workdays import working_day
from ledger.core.crew import Alone, Block, Context, ShardFiles
from ledger.core.gates import Gate
from ledger.core.reader import Reader
from ledger.core.registry import Registry
from ledger.core.shardaudit import ShardFindings
from ledger.core.workflow import Step, Workflow
from ledger.crypto.pynacl_verify import verify

__all__ = ["Processes"]

_AHEAD = 8  # blocks under way; more would only hold their files


class Processes:
    """A crew of `jobs` processes; they end with the context."""

    block = 32

    def __init__(self, jobs: int) -> None:
        """Start nothing yet: where there is one block only, it is checked here."""
        self._jobs = jobs
        self._alone = Alone()
        self._pool: ProcessPoolExecutor | None = None
        self._running: list[Future[list[ShardFindings]]] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes; what is under way is given up."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, context: Context, blocks: int) -> None:
        """Start the processes, unless there is too little to do."""
        if self._jobs == 1 or blocks <= 1:
            self._alone.begin(context, blocks)
            return
        given = context.registry, context.gate.workflow.steps, context.gate.required
        self._pool = ProcessPoolExecutor(min(self._jobs, blocks), initializer=_begin_work, initargs=given)

    def put(self, block: Block, files: Sequence[ShardFiles]) -> list[ShardFindings]:
        """Hand a block over; wait for the oldest when too many are under way."""
        if self._pool is None:
            return self._alone.put(block, files)
        self._running.append(self._pool.submit(_work_on, block, files))
        return self._running.pop(0).result() if len(self._running) > _AHEAD else []

    def rest(self) -> Iterator[ShardFindings]:
        """Wait for all that are under way."""
        while self._running:
            yield from self._running.pop(0).result()


# Of a worker process: made once, when it starts.
_worker: list[tuple[Context, Reader]] = []


def _begin_work(registry: Registry, steps: dict[int, Step], required: bool) -> None:
    profiles = load_profiles()
    gate = Gate(Workflow(profiles, working_day, steps), required)
    _worker[:] = [(Context(registry, profiles, gate, verify), Reader())]


def _work_on(block: Block, files: Sequence[ShardFiles]) -> list[ShardFindings]:
    return block.check(files, *_worker[0])
