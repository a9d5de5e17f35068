"""Status lists: which credentials are not to be accepted, as W3C Bitstring Status Lists (v1.0).

    list_path(did, "revocation", 0)   credentials/z6Mk…/revocation/0.json, below the site
    format_list({7, 8})             the bits, compressed, as `encodedList` has them

Each key that signs credentials has lists of its own, named by it: a verifier may ask that one key signed both. A list
has 131,072 bits, the least that the standard allows: whoever fetches it asks about all of them at once. The
place of a credential is the seq of the entry whose facts it shows: list seq // 131,072, bit seq % 131,072, counted from
the left. Nothing is allotted, so nothing can be allotted twice, and no place ever moves.

    revocation     revoked, or corrected since: a newer entry has the facts
    suspension     suspended, revoked or corrected since: whatever must not be accepted now

>>> format_list({7})[:12]
'uH4sIAAAAAAAC'
"""

import struct
import zlib
from collections.abc import Iterable
from typing import Any, Final

from ledger.core.encoding import format_base64url, format_time

__all__ = ["PURPOSES", "SIZE", "format_list", "format_status_list", "list_path"]

PURPOSES: Final = ("revocation", "suspension")
SIZE: Final = 131_072  # bits of one list
CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"


def list_path(did: str, purpose: str, number: int) -> str:
    """Return the path, below the site, of a list for the credentials of the key `did`."""
    return f"credentials/{did.removeprefix('did:key:')}/{purpose}/{number}.json"


def format_list(indexes: Iterable[int]) -> str:
    """Return `encodedList` with the bits at `indexes` set: multibase base64url of the list in gzip form."""
    bits = bytearray(SIZE // 8)
    for index in indexes:
        bits[index >> 3] |= 0x80 >> (index & 7)
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(bytes(bits)) + packer.flush()
    # The header is written here: gzip's own names time and machine.
    header = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x02\xff"
    return "u" + format_base64url(header + packed + struct.pack("<II", zlib.crc32(bits), len(bits)))


def format_status_list(
    address: str, purpose: str, indexes: Iterable[int], did: str, *, since: int, until: int
) -> dict[str, Any]:
    """Return the list as a credential that the key behind `did` is to sign, valid from `since` to `until`."""
    return {
        "@context": [CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": format_time(since),
        "validUntil": format_time(until),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": format_list(indexes),
        },
    }
