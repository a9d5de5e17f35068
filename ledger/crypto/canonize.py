r"""RDF canonicalisation of JSON-LD documents (RDFC-1.0), under contexts that are shipped and pinned by hash.

    canonize(document)          the canonical N-Quads, UTF-8

What a signature covers are these statements, not the text of the file. So three things are refused that would otherwise
slip past it: a context that is not one of the pinned ones (no address is ever fetched), a member that no context
defines (it would be dropped without a word), and control characters (RDFC-1.0 escapes some that its draft did not).
PyLD does the work (the extra `credential`).

>>> context = ["https://www.w3.org/ns/credentials/v2"]
>>> canonize({"@context": context, "id": "urn:x:1", "type": "VerifiableCredential"})[-60:]
b'https://www.w3.org/2018/credentials#VerifiableCredential> .\n'
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor

from ledger.core.digest import sha256
from ledger.core.errors import FormatError

__all__ = ["Canonizer", "canonize"]

_FOLDER = Path(__file__).with_name("contexts")
PINNED: Final[Mapping[str, tuple[str, str]]] = {  # address -> file, SHA-256
    "https://www.w3.org/ns/credentials/v2": (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": (
        "open-badges-3.0.3.json",
        "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
    ),
}
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def read_context(folder: Path, address: str) -> dict[str, Any]:
    """Return the pinned context of `address` from `folder`. Raises FormatError if there is none, or other bytes."""
    if address not in PINNED:
        raise FormatError("credential", f"the context {address} is not one of the pinned ones; none is ever fetched")
    name, digest = PINNED[address]
    data = (folder / name).read_bytes()
    if sha256(data).hex() != digest:
        raise FormatError("credential", f"the shipped file {name} is not the pinned context: install the package again")
    context: dict[str, Any] = json.loads(data)
    return context


class Canonizer:
    """A canonicaliser that knows the pinned contexts, and `more` of the caller's (address -> document)."""

    def __init__(self, more: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._more = dict(more or {})
        # A cache of our own: PyLD's is shared by address with whoever else uses it in this process.
        self._resolved: dict[str, Any] = {}
        self._processor = JsonLdProcessor(on_property_dropped=_refuse)

    def canonize(self, document: Mapping[str, Any]) -> bytes:
        """Return the canonical N-Quads of a document. Raises FormatError for what a signature would not cover."""
        _check_texts(document)
        options = {
            "algorithm": "URDNA2015",  # PyLD's name of RDFC-1.0
            "format": "application/n-quads",
            "base": "",
            "documentLoader": self._load,
            "contextResolver": ContextResolver(self._resolved, self._load),
        }
        try:
            statements: str = self._processor.normalize(dict(document), options)
        except JsonLdError as error:
            raise FormatError("credential", _reason(error)) from error
        return statements.encode()

    def _load(self, address: str, _options: object) -> dict[str, Any]:
        document = self._more[address] if address in self._more else read_context(_FOLDER, address)
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "document": document,
            "documentUrl": address,
        }


@cache
def _shared() -> Canonizer:
    return Canonizer()


def canonize(document: Mapping[str, Any]) -> bytes:
    """Return the canonical N-Quads of a document under the pinned contexts. Raises FormatError."""
    return _shared().canonize(document)


def _refuse(member: str | None) -> None:
    raise FormatError("credential", f"a member that no context defines, so no signature covers it: {member}")


def _check_texts(value: object) -> None:
    if isinstance(value, str) and _CONTROL.search(value) is not None:
        raise FormatError("credential", "a control character in a text")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _check_texts(name)
            _check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_texts(inner)


def _reason(error: BaseException) -> str:
    """Return what is wrong in the first place; PyLD wraps it once or twice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error.reason if isinstance(error, FormatError) else str(error).split("\n", 1)[0].rstrip(";. ")
