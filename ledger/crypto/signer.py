"""Sign with an Ed25519 seed held in memory (the core's `Signer` port; a token or an agent may replace it)."""

from nacl._sodium import ffi, lib  # type: ignore[import-not-found]  # a compiled module without types
from nacl.bindings import crypto_sign_seed_keypair

from ledger.core.note import ED25519, VerifierKey

__all__ = ["Ed25519Signer"]

_sign = lib.crypto_sign
_new = ffi.new
_buffer = ffi.buffer
_NULL = ffi.NULL
_BYTES = ffi.typeof("unsigned char[]")


class Ed25519Signer:
    """A named key pair: `key` is public; the secret half is in no representation of the object."""

    __slots__ = ("_secret", "key")

    key: VerifierKey
    _secret: bytes

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        """Derive the pair from `seed`: exactly 32 random bytes (RFC 8032 5.1.5), else ValueError.

        `kind` is that of its signatures in notes: ED25519, or COSIGNATURE for a witness.
        """
        if len(seed) != 32:
            raise ValueError("an Ed25519 seed has 32 bytes")
        public, self._secret = crypto_sign_seed_keypair(seed)
        self.key = VerifierKey(name, kind, public)

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.key.name!r})"

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`; the same message always gives the same bytes."""
        # PyNaCl exports only the combined form, signature ‖ message: copy out its first 64 bytes only.
        size = len(message)
        signed = _new(_BYTES, 64 + size)
        if _sign(signed, _NULL, message, size, self._secret) != 0:
            raise RuntimeError("libsodium refused to sign")  # it documents no such case
        return bytes(_buffer(signed, 64)[:])
