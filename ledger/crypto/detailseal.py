"""AES-256-GCM for details (`ledger.core.details`): what the browsers' WebCrypto has, and `cryptography` here."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.core.errors import LedgerError

__all__ = ["DetailsSealError", "seal", "unseal"]


class DetailsSealError(LedgerError):
    """Details do not open: another number or verification code, another file, or damage."""

    def __init__(self) -> None:
        super().__init__("the details do not open with this number and verification code")


def seal(key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    """Return the sealed bytes, 16 more than `data`, bound to `bound`."""
    return AESGCM(key).encrypt(nonce, data, bound)


def unseal(key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    """Return what was sealed. Raises DetailsSealError."""
    try:
        return AESGCM(key).decrypt(nonce, data, bound)
    except InvalidTag:
        raise DetailsSealError from None
