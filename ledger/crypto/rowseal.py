"""Personal data at rest: one row of the register, sealed; and the keyed tag that finds a person again.

`RowSealer` is AES-256-SIV (RFC 5297) with the row's identity as associated data. SIV needs no nonce: the
same row sealed twice gives the same bytes, different rows share nothing. So there is no counter to keep,
nothing that a crash or a restored backup could repeat, and no bound a ledger can reach (2^48 rows). What a
thief of the file learns is only that one row was sealed again unchanged. A sealed row copied onto another
row does not open.

`person_tag` is HMAC-SHA256: the register can ask "has this person this occupation and level already?"
without holding a document number in clear. Every possible document number can be hashed in core-hours, so
the tag is as secret as its key: it stays in the private register. `roster_tag` names a whole roster by the same key:
it is public, and without the key nobody can find the one missing document number of a roster of one person in it.
"""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ledger.core.errors import LedgerError

__all__ = ["RowSealError", "RowSealer", "person_tag", "roster_tag"]


class RowSealError(LedgerError):
    """A sealed row does not open: another data key, another row's bytes, or damage."""

    def __init__(self) -> None:
        super().__init__("a sealed row does not open with this key")


class RowSealer:
    """Seals and opens rows under one data key of 32 bytes; make one, use it for every row."""

    __slots__ = ("_aead",)

    def __init__(self, data_key: bytes) -> None:
        """Derive the 64 bytes AES-256-SIV wants: HMAC-SHA512(data key, domain)."""
        if len(data_key) != 32:
            raise ValueError("a data key has 32 bytes")
        self._aead = AESSIV(hmac.digest(data_key, b"skill-ledger/row/v1", "sha512"))

    def seal(self, row_id: bytes, plaintext: bytes) -> bytes:
        """Return 16 + len(plaintext) bytes, bound to `row_id`; an empty plaintext is a ValueError."""
        return self._aead.encrypt(plaintext, [row_id])

    def open(self, row_id: bytes, sealed: bytes) -> bytes:
        """Return the plaintext, or raise RowSealError."""
        try:
            return self._aead.decrypt(sealed, [row_id])
        except (InvalidTag, ValueError):  # ValueError: shorter than a tag
            raise RowSealError from None


def person_tag(tag_key: bytes, doc_type: str, doc_no: str, occupation: str, level: str) -> bytes:
    """Return the 32-byte tag of one person, occupation and level; the fields are normalised by the caller.

    HMAC-SHA256 over a domain and the four UTF-8 fields, each behind its length (4 bytes, big-endian), so that
    different fields never give the same bytes.
    """
    if len(tag_key) != 32:
        raise ValueError("a tag key has 32 bytes")
    message = bytearray(b"skill-ledger/person/v1\n")
    for text in (doc_type, doc_no, occupation, level):
        data = text.encode()
        message += len(data).to_bytes(4, "big") + data
    return hmac.digest(tag_key, message, "sha256")


def roster_tag(tag_key: bytes, normal_form: bytes) -> bytes:
    """Return the 32-byte name of a roster: HMAC-SHA256 over its normal form, which begins with a domain of its own."""
    if len(tag_key) != 32:
        raise ValueError("a tag key has 32 bytes")
    return hmac.digest(tag_key, normal_form, "sha256")
