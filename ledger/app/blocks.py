"""Blocks of shards: the unit of work of an audit, checked here or in another process."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.app.home import load_profiles
from ledger.app.workdays import working_day
from ledger.core.gates import Gate
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.registry import Registry
from ledger.core.replay import ShardFindings, check_shard
from ledger.core.workflow import Step, Workflow
from ledger.crypto.pynacl_verify import verify

__all__ = ["Block", "Context", "begin_work", "work_on"]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring shards and the leaves that the chain gave them."""

    numbers: range
    bits: int
    leaves: list[bytes]
    size: int
    views_due: bool
    since: int = 0

    def check(self, files: list[tuple[bytes, bytes] | None], context: "Context") -> list[ShardFindings]:
        """Check the block's files: (shard, masked) each, None where one could not be read."""
        return [
            check_shard(
                pair[0],
                pair[1],
                number=number,
                bits=self.bits,
                size=self.size,
                leaf=leaf,
                views_due=self.views_due,
                reader=context.reader,
                registry=context.registry,
                profiles=context.profiles,
                verify=verify,
                gate=context.gate,
                since=self.since,
            )
            for number, leaf, pair in zip(self.numbers, self.leaves, files, strict=True)
            if pair is not None
        ]


@dataclass(frozen=True, slots=True)
class Context:
    """What every block needs."""

    registry: Registry
    profiles: Mapping[str, Profile]
    gate: Gate
    reader: Reader


# Of a worker process: made once, when it starts.
_worker: dict[str, Context] = {}


def begin_work(registry: Registry, steps: dict[int, Step], required: bool) -> None:
    """Prepare a worker process."""
    profiles = load_profiles()
    gate = Gate(Workflow(profiles, working_day, steps), required)
    _worker["context"] = Context(registry, profiles, gate, Reader())


def work_on(block: Block, files: list[tuple[bytes, bytes] | None]) -> list[ShardFindings]:
    """Check a block in a worker process."""
    return block.check(files, _worker["context"])
