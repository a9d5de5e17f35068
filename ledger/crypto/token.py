"""Sign with a key inside a token or HSM, by PKCS#11: the key never leaves it.

Needs the extra `token` (python-pkcs11) and the vendor's module, such as libsofthsm2.so. The key is found by its public
point, in any slot whose token opens with the PIN.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, SignMixin, TokenFlag

from ledger.core.errors import LedgerError
from ledger.core.note import VerifierKey

__all__ = ["TokenError", "token_signer"]

_OCTETS = b"\x04\x20"  # DER: an octet string of 32 bytes, as PKCS#11 wraps a point


class TokenError(LedgerError):
    """The token does not hold the key, does not open, or does not sign."""


class _TokenSigner:
    def __init__(self, key: VerifierKey, held: SignMixin) -> None:
        self.key, self._held = key, held

    def sign(self, message: bytes) -> bytes:
        """Return the signature that the token makes."""
        try:
            return bytes(self._held.sign(message, mechanism=Mechanism.EDDSA))
        except pkcs11.PKCS11Error as error:
            raise TokenError(f"the token does not sign for {self.key.name}: {type(error).__name__}") from error


@contextmanager
def token_signer(module: Path, key: VerifierKey, pin: str) -> Iterator[_TokenSigner]:
    """Give the signer of `key`, held by a token behind `module`. Raises TokenError."""
    try:
        library = pkcs11.lib(str(module))
        tokens = list(library.get_tokens(token_flags=TokenFlag.TOKEN_INITIALIZED))
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise TokenError(f"{module} is no PKCS#11 module that works here: {error}") from error
    for token in tokens:
        try:
            with token.open(user_pin=pin) as session:
                held = _find(session, key)
                if held is not None:
                    yield _TokenSigner(key, held)
                    return
        except pkcs11.PinIncorrect as error:
            raise TokenError(f"the PIN is wrong for the token {token.label.strip()}") from error
        except pkcs11.PKCS11Error as error:
            raise TokenError(f"the token {token.label.strip()} does not open: {type(error).__name__}") from error
    raise TokenError(f"no token behind {module} holds the key of {key.name}")


def _find(session: pkcs11.Session, key: VerifierKey) -> SignMixin | None:
    wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: KeyType.EC_EDWARDS}
    for public in list(session.get_objects(wanted)):  # a token runs one search at a time, to its end
        if bytes(public[Attribute.EC_POINT]) in (_OCTETS + key.public, key.public):
            same = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: public[Attribute.ID]}
            return next((held for held in list(session.get_objects(same)) if isinstance(held, SignMixin)), None)
    return None
