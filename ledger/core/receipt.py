r"""Receipt: the files one answer rests on, kept together, so that anybody can follow the lookup again, offline.

    receipt    = "skill-ledger/receipt/v1\n" "code " NUMBER "\n" *16(disclosure) 1*256(file)       ASCII
    disclosure = "disclosure " text "\n"                     what the holder shows, see `ledger.core.disclosure`
    file       = "file " path " " base64 "\n"                paths below public/, ascending

The `head` in it is a C2SP tlog-proof, the others are the shards, tiles and the masked file that the lookup asked for:
all of them public, none of them about the person who looked. Disclosures are there only if the holder put them there:
such a receipt travels in a printed certificate, or shows somebody some fields and no others.

Nothing in a receipt vouches for itself. `check_receipt` follows the procedure of `ledger.core.verify` over it, under
the keys that the verifier has pinned, as of its own time:

    what it proves        that at that time the ledger gave this answer about this number
    what it does not      anything that happened later; and that there is no other ledger under the same keys

so an old receipt stays true, and `age` is told beside the answer.

>>> text = format_receipt(Receipt("S000050000001263000001", {"head": b"not a head"}))
>>> print(text.decode(), end="")
skill-ledger/receipt/v1
code S000050000001263000001
file head bm90IGEgaGVhZA==
>>> parse_receipt(text).files["head"]
b'not a head'
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from ledger.core.checklist import Absent
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, parse_base64, parse_time
from ledger.core.errors import FormatError
from ledger.core.profile import Profile
from ledger.core.report import Report
from ledger.core.trust import Trust
from ledger.core.verify import lookup

__all__ = [
    "MAX_DISCLOSURES",
    "MAX_FILES",
    "MAX_SIZE",
    "Checked",
    "Receipt",
    "check_receipt",
    "format_receipt",
    "parse_receipt",
]

MAX_FILES = 256
MAX_DISCLOSURES = 16
MAX_SIZE = 32 << 20  # bytes; two shards of 64 entries have 100 kB

_FIRST = "skill-ledger/receipt/v1"
_CODE = re.compile(r"[0-9A-Z]{1,64}", re.ASCII)
_DISCLOSURE = re.compile(r"[0-9A-Za-z_-]{1,4096}", re.ASCII)
_DISCLOSURES = f"more than {MAX_DISCLOSURES} disclosures, or one that is none"
_PATH = re.compile(r"(?:head|(?:heads|index|masked|shard|tile)(?:/[0-9a-z.]{1,16}){1,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The number that was looked up, the public files that answered, by path, and what the holder shows with it."""

    code: str
    files: Mapping[str, bytes]
    disclosures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """The report as of the receipt's own time, and how many seconds ago that is; None if it has no time."""

    report: Report
    age: int | None


def format_receipt(receipt: Receipt) -> bytes:
    """Return the receipt as a file. Raises FormatError if `parse_receipt` would not give it back."""
    if _CODE.fullmatch(receipt.code) is None:
        raise FormatError("receipt", "not the number")
    if not _are_disclosures(receipt.disclosures):
        raise FormatError("receipt", _DISCLOSURES)
    if not 0 < len(receipt.files) <= MAX_FILES or not all(map(_PATH.fullmatch, receipt.files)):
        raise FormatError("receipt", f"not 1 to {MAX_FILES} files of the public folder")
    lines = [_FIRST, f"code {receipt.code}", *(f"disclosure {text}" for text in receipt.disclosures)]
    lines += [f"file {path} {_base64(data)}" for path, data in sorted(receipt.files.items())]
    text = "".join(f"{line}\n" for line in lines).encode()
    if len(text) > MAX_SIZE:
        raise FormatError("receipt", f"more than {MAX_SIZE} bytes")
    return text


_base64 = lru_cache(maxsize=16)(format_base64)  # the receipts of a batch have most of their files in common


def parse_receipt(data: bytes) -> Receipt:
    """Return the receipt in a file; nothing is verified. Raises FormatError, which names the line."""
    if len(data) > MAX_SIZE:
        raise FormatError("receipt", f"more than {MAX_SIZE} bytes")
    if not data.isascii() or not data.endswith(b"\n"):
        raise FormatError("receipt", "not lines of ASCII, each ended by a newline")
    first, *lines = data.decode("ascii").split("\n")[:-1]
    if first != _FIRST:
        raise FormatError("receipt", f"the first line is not {_FIRST}")
    word, _, code = (lines or [""])[0].partition(" ")
    if word != "code" or _CODE.fullmatch(code) is None:
        raise FormatError("receipt line 2", "not the number")
    shown = [line.removeprefix("disclosure ") for line in takewhile(lambda line: line[:11] == "disclosure ", lines[1:])]
    if not _are_disclosures(shown):
        raise FormatError("receipt", _DISCLOSURES)
    first_file = 1 + len(shown)
    if not 0 < len(lines) - first_file <= MAX_FILES:
        raise FormatError("receipt", f"not 1 to {MAX_FILES} files")
    files: dict[str, bytes] = {}
    last = ""
    for place, line in enumerate(lines[first_file:], first_file + 2):
        word, _, rest = line.partition(" ")
        path, _, text = rest.partition(" ")
        if word != "file" or _PATH.fullmatch(path) is None or path <= last:
            raise FormatError(f"receipt line {place}", "not a file of the public folder, behind the one before")
        files[path] = parse_base64(text, f"receipt line {place}")
        last = path
    return Receipt(code, files, tuple(shown))


def _are_disclosures(texts: Sequence[str]) -> bool:
    return len(texts) <= MAX_DISCLOSURES and all(map(_DISCLOSURE.fullmatch, texts))


def check_receipt(
    receipt: Receipt, *, trust: Trust, profiles: Mapping[str, Profile], verify: Verify, now: int
) -> Checked:
    """Follow the lookup again, as of the time of the receipt's head, or of `now` (unix seconds) if it has none."""

    def at(moment: int) -> Report:
        procedure = lookup(
            receipt.code,
            trust=trust,
            profiles=profiles,
            verify=verify,
            now=moment,
            disclosures=receipt.disclosures,
        )
        try:
            asked = next(procedure)
            while True:
                asked = procedure.send({path: receipt.files.get(path, Absent.MISSING) for path in asked})
        except StopIteration as end:
            report: Report = end.value
            return report

    report = at(now)
    if "as_of" not in report.sections:
        return Checked(report, None)
    then = parse_time(str(report.sections["as_of"]), "as_of")
    return Checked(at(min(then, now)), now - then)
