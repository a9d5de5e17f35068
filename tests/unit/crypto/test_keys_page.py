"""keys/README.md: its example is true, and no private key lies beside it."""

import hashlib
import re
from pathlib import Path

from ledger.core.note import format_vkey, parse_vkey
from ledger.crypto.sealed import MAGIC
from ledger.crypto.signer import Ed25519Signer

KEYS = Path(__file__).parents[3] / "keys"


def test_the_example_is_a_key_and_its_fingerprint() -> None:
    text = (KEYS / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```\n(\S+\+\S+\+\S+)\n([0-9a-f ]{39})\n```", text)
    assert found is not None
    vkey, fingerprint = found.groups()
    assert format_vkey(parse_vkey(vkey)) == vkey
    assert vkey == format_vkey(Ed25519Signer("ledger.example/demo", bytes(range(32))).key)
    assert fingerprint.replace(" ", "") == hashlib.sha256(vkey.encode()).hexdigest()[:32]


def test_only_public_keys_are_kept_here() -> None:
    for file in KEYS.iterdir():
        assert file.name in ("CEREMONY.md", "README.md") or file.suffix == ".vkey", file.name
        assert not file.read_bytes().startswith(MAGIC)
        if file.suffix == ".vkey":
            parse_vkey(file.read_text(encoding="utf-8").removesuffix("\n"))
