"""Histories of all numbers, from the published shards: each held to the signed index, one shard in memory at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from ledger.app.places import Place
from ledger.app.replayed import PublishedError, Replayed
from ledger.core.checklist import Absent
from ledger.core.errors import FormatError, RuleError, SignatureError
from ledger.core.history import Event, History, step
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.record import check_record
from ledger.core.registry import Registry
from ledger.core.rules import check_event, check_facts
from ledger.core.shard import parse_shard
from ledger.core.subject import shard_path
from ledger.crypto.pynacl_verify import verify

__all__ = ["Told", "published_histories"]

_AT_ONCE = 16  # shards fetched at a time


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger tells of one number. `sound`: a lookup would answer; if not, `history` is what held of it."""

    history: History
    sound: bool


def published_histories(place: Place, ledger: Replayed, profiles: Mapping[str, Profile]) -> Iterator[dict[str, Told]]:
    """Yield, shard by shard, the numbers with their histories in the ledger at `place`; `ledger` is its replay.

    Raises PublishedError where a shard is not the one that the log signed.
    """
    reader = Reader()
    for number, data in _shards(place, ledger):
        yield _histories(data, number, ledger, profiles, reader)


def _shards(place: Place, ledger: Replayed) -> Iterator[tuple[int, bytes]]:
    bits = ledger.index.index.bits
    for start in range(0, 1 << bits, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, 1 << bits))
        answers = place.fetch_all(shard_path(bits, number) for number in numbers)
        for number in numbers:
            data = answers[shard_path(bits, number)]
            if isinstance(data, Absent):
                raise PublishedError(shard_path(bits, number), "cannot be read")
            yield number, data


def _histories(
    data: bytes, number: int, ledger: Replayed, profiles: Mapping[str, Profile], reader: Reader
) -> dict[str, Told]:
    index = ledger.index.index
    path = shard_path(index.bits, number)
    histories: dict[str, History] = {}
    broken: set[str] = set()
    try:
        shard = parse_shard(data)
        if shard.leaf(index.size) != ledger.index.leaves[number]:
            raise PublishedError(path, "is not the ledger filtered to its subjects")
        entries = [reader.read(raw) for seq, raw in shard.lines if seq < index.size]
    except FormatError as error:
        raise PublishedError(path, str(error)) from error
    for entry in entries:
        code = entry.record.subject or ""
        if not entry.record.type.startswith("certificate."):
            continue
        try:
            check_record(entry.record, ledger.registry.signer_of(entry), verify)
            event = Event(entry, ledger.registry.side_of(entry.record.issuer))
            history = histories[code] = step(histories.get(code), event)
            _check_rules(history, event, ledger.registry, profiles)
        except (RuleError, SignatureError):
            broken.add(code)
    return {code: Told(history, code not in broken) for code, history in histories.items()}


def _check_rules(history: History, event: Event, registry: Registry, profiles: Mapping[str, Profile]) -> None:
    """Hold an event to the rules as a lookup does (V10)."""
    body = event.entry.record.body
    if "disclosures" not in body:
        check_event(event.entry)
        return
    profile = profiles.get(cast("str", body["profile"]))
    if profile is None:
        raise RuleError("profile_unknown", f"no profile {body['profile']}")
    org = registry.organisations[cast("str", body["code"])[:13]]
    check_facts(event.entry, org, profile, history.events[0].entry.seq)
