"""Status lists of a published ledger, signed: what `ledger build --site` puts beside the pages.

They are a reading of the ledger, made anew with every build, and follow from it byte for byte: each is valid from the
time of the newest index entry for as long as the ledger's answers are fresh (`max_age`). A list that is older than that
is refused by whoever reads it, like a stale answer.

Each organisation's key that is filed and not revoked has lists of its own, for the credentials that it signs. They are
signed by that key where it is at hand, because verifiers commonly ask that one key signed credential and list; else by
the log key, which such a verifier does not accept. What a list says is the same.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from ledger.app.credentials import format_document
from ledger.app.histories import published_histories
from ledger.app.places import Place
from ledger.app.replayed import replay_published
from ledger.core.encoding import parse_time
from ledger.core.errors import RuleError, SignatureError
from ledger.core.note import Signer, VerifierKey
from ledger.core.profile import Profile
from ledger.core.registry import Registry
from ledger.core.trust import Trust
from ledger.crypto.dataintegrity import sign_document
from ledger.crypto.didkey import format_did_key
from ledger.forms.statuslist import PURPOSES, SIZE, format_status_list, list_path

__all__ = ["StatusLists", "make_status_lists"]


@dataclass(frozen=True, slots=True)
class StatusLists:
    """Path -> file of all lists, and the organisations whose own key signed none."""

    files: dict[str, bytes]
    elsewhere: list[str]


def make_status_lists(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    log: Signer,
    site: str,
    signer_of: Callable[[VerifierKey], Signer | None] = lambda _: None,
) -> StatusLists:
    """Return all lists for the ledger at `place`; `site` as `check_site` returns it.

    `signer_of` gives the signer with a key, if it is here. Raises PublishedError where the folder is not whole,
    SignatureError if `log` is not the key that signs the ledger.
    """
    if log.key != trust.log:
        raise SignatureError(log.key.name, "not the key that signs this ledger")
    ledger = replay_published(place, trust, profiles)
    registry, size = ledger.registry, ledger.size
    marked: dict[tuple[str | None, str], set[int]] = defaultdict(set)  # by who signs for a number now, and purpose
    for histories in published_histories(place, ledger, profiles):
        for code, told in histories.items():
            owner = _owner(registry, code[:13], size)
            places = [event.entry.seq for event in told.history.events if "disclosures" in event.entry.record.body]
            # Facts that a correction replaced are shown by no credential that is to be accepted.
            ended = places if told.history.state == "revoked" or not told.sound else places[:-1]
            marked[owner, "revocation"].update(ended)
            marked[owner, "suspension"].update(places if told.history.state == "suspended" else ended)
    since = parse_time(ledger.as_of, "as_of")
    until = since + trust.max_age
    made = StatusLists({}, [])
    for org, key in _signing_keys(registry):
        signer = signer_of(key)
        if signer is None:
            made.elsewhere.append(org)
        signer = signer or log
        owner = _owner(registry, org, size)  # who has the numbers that the key has signed for, by mergers too
        did, signed_by = format_did_key(key.public), format_did_key(signer.key.public)
        for purpose, number in product(PURPOSES, range((size - 1) // SIZE + 1)):
            indexes = (seq % SIZE for seq in marked[owner, purpose] if seq // SIZE == number)
            path = list_path(did, purpose, number)
            document = format_status_list(f"{site}/{path}", purpose, indexes, signed_by, since=since, until=until)
            made.files[path] = format_document(sign_document(document, signer, since))
    return made


def _owner(registry: Registry, org: str, size: int) -> str | None:
    """Return who signs for the numbers of `org` now; None where nobody is filed."""
    try:
        return registry.owner_of(org, size).org
    except RuleError:
        return None


def _signing_keys(registry: Registry) -> list[tuple[str, VerifierKey]]:
    """Return the keys whose credentials stand, with their organisations: filed, and not revoked."""
    organisations = sorted(registry.organisations.items())
    return [(org, term.key) for org, one in organisations for term in one.keys if term.before is None]
