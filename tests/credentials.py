"""What the tests of credentials share: a ledger in memory with keys of its own, its exports and its status lists."""

import json
from collections.abc import Mapping
from typing import Any

from ledger.app.credentials import Shown, export_credentials, format_document
from ledger.app.holders import Holder
from ledger.app.places import MemoryPlace
from ledger.app.statuslists import make_status_lists
from ledger.core.note import Signer
from ledger.crypto.dataintegrity import sign_document
from tests.simulator import HOLDER, LATER, LOG, PROFILES, SCHOOL, VERIFICATION_CODE, Simulator, signer

SITE = "https://verify.example.cn"
KEY = signer(SCHOOL)


def holder_of(code: str) -> Holder:
    """The holder that the simulator commits to; a name and a document of nobody (测试数据)."""
    return Holder(f"张{code[-1]}", HOLDER["doc_type"], HOLDER["doc_no"], HOLDER["employer"], VERIFICATION_CODE)


def export(
    ledger: Simulator, *codes: str, now: int = LATER, keys: Mapping[str, Signer] | None = None, **shown: bool
) -> list[bytes]:
    """The files of an export."""
    signers = keys or {SCHOOL: KEY}
    made = export_credentials(
        codes,
        holder_of,
        signers.__getitem__,
        MemoryPlace(ledger.files()),
        ledger.trust,
        PROFILES,
        Shown(SITE, **shown),
        now=now,
    )
    return [data for _, data in made]


def status_lists(ledger: Simulator) -> dict[str, bytes]:
    """The lists of a ledger, by path below the site."""
    return make_status_lists(MemoryPlace(ledger.files()), ledger.trust, PROFILES, LOG, SITE)


def signed_again(data: bytes, by: Signer = KEY, **changes: object) -> bytes:
    """An export with other members, under a proof that stands."""
    document: dict[str, Any] = json.loads(data) | changes
    document.pop("proof")
    return format_document(sign_document(document, by, LATER))
