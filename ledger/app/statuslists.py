"""Status lists of a published ledger, signed by its log key: what `ledger build --site` puts beside the pages.

They are a reading of the ledger, made anew with every build, and follow from it byte for byte: each is valid from the
time of the newest index entry for as long as the ledger's answers are fresh (`max_age`). A list that is older than that
is refused by whoever reads it, like a stale answer.
"""

from collections.abc import Mapping

from ledger.app.credentials import format_document
from ledger.app.histories import published_histories
from ledger.app.places import Place
from ledger.app.replayed import replay_published
from ledger.core.encoding import parse_time
from ledger.core.errors import SignatureError
from ledger.core.note import Signer
from ledger.core.profile import Profile
from ledger.core.trust import Trust
from ledger.crypto.dataintegrity import sign_document
from ledger.crypto.didkey import format_did_key
from ledger.forms.statuslist import PURPOSES, SIZE, format_status_list, list_path

__all__ = ["make_status_lists"]


def make_status_lists(
    place: Place, trust: Trust, profiles: Mapping[str, Profile], log: Signer, site: str
) -> dict[str, bytes]:
    """Return path -> file of all lists for the ledger at `place`; `site` as `check_site` returns it.

    Raises PublishedError where the folder is not whole, SignatureError if `log` is not the key that signs the ledger.
    """
    if log.key != trust.log:
        raise SignatureError(log.key.name, "not the key that signs this ledger")
    ledger = replay_published(place, trust, profiles)
    marked: dict[str, set[int]] = {purpose: set() for purpose in PURPOSES}
    for histories in published_histories(place, ledger, profiles):
        for told in histories.values():
            places = [event.entry.seq for event in told.history.events if "disclosures" in event.entry.record.body]
            # Facts that a correction replaced are shown by no credential that is to be accepted.
            ended = places if told.history.state == "revoked" or not told.sound else places[:-1]
            marked["revocation"].update(ended)
            marked["suspension"].update(places if told.history.state == "suspended" else ended)
    since = parse_time(ledger.as_of, "as_of")
    did = format_did_key(log.key.public)
    files = {}
    for purpose, seqs in marked.items():
        for number in range((ledger.size - 1) // SIZE + 1):
            indexes = (seq % SIZE for seq in seqs if seq // SIZE == number)
            document = format_status_list(site, purpose, number, indexes, did, since=since, until=since + trust.max_age)
            files[list_path(purpose, number)] = format_document(sign_document(document, log, since))
    return files
