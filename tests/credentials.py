"""What the tests of credentials share: a ledger in memory with keys of its own, its exports and its status lists."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from ledger.app.credentials import Shown, export_credentials, format_document
from ledger.app.holders import Holder
from ledger.app.places import MemoryPlace
from ledger.app.statuslists import make_status_lists
from ledger.core.note import Signer, VerifierKey
from ledger.crypto.dataintegrity import sign_document
from ledger.crypto.didkey import format_did_key
from ledger.crypto.signer import Ed25519Signer
from tests.simulator import HOLDER, LATER, LOG, PROFILES, SCHOOL, VERIFICATION_CODE, Simulator, signer

SITE = "https://verify.example.cn"
KEY = signer(SCHOOL)
DID = format_did_key(KEY.key.public)


def holder_of(code: str) -> Holder:
    """The holder that the simulator commits to; a name and a document of nobody (测试数据)."""
    return Holder(f"张{code[-1]}", HOLDER["doc_type"], HOLDER["doc_no"], HOLDER["employer"], VERIFICATION_CODE)


def export(
    ledger: Simulator, *codes: str, now: int = LATER, keys: Sequence[Ed25519Signer] = (KEY,), **shown: bool
) -> list[bytes]:
    """The files of an export, on a machine that holds `keys`."""

    def signer_of(org: str, valid: Collection[VerifierKey]) -> Signer:
        return next(key for key in keys if key.key.name == org and key.key in valid)

    made = export_credentials(
        codes,
        holder_of,
        signer_of,
        MemoryPlace(ledger.files()),
        ledger.trust,
        PROFILES,
        Shown(SITE, **shown),
        now=now,
    )
    return [data for _, data in made]


def status_lists(ledger: Simulator, log: Signer = LOG, keys: Sequence[Signer] = (KEY,)) -> dict[str, bytes]:
    """The lists of a ledger, by path below the site, on a machine that holds `keys`."""
    at_hand = {signer.key: signer for signer in keys}
    place = MemoryPlace(ledger.files())
    return make_status_lists(place, ledger.trust, PROFILES, log, SITE, at_hand.get).files


def signed_again(data: bytes, by: Signer = KEY, **changes: object) -> bytes:
    """An export with other members, under a proof that stands."""
    document: dict[str, Any] = json.loads(data) | changes
    document.pop("proof")
    return format_document(sign_document(document, by, LATER))
