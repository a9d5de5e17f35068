"""The browser's side of Python: JSON and bytes in, JSON out. It drives `ledger.core` and does nothing of its own.

`ledger.core.verify.lookup` is a generator that asks for public files and ends with a report. The worker fetches; so a
lookup is `start`, then `resume` with the files asked for, until the answer holds a report:

    start('{"id":1,"code":"...","now":1790000000,"seen":"","disclosures":[]}')  ->  '{"need":["head"]}'
    resume(1, {"head": <Uint8Array>})  ->  '{"report":{...},"report_text":"...","seen":"..."}'

`report_text` is the report's canonical JSON, the very bytes that the command line prints with --json. `receipt` gives
the files that the last answer rests on as one text, and `check` follows such a text again. An audit of the whole ledger
is `audit`, then `audited` with the files asked for.
"""

import json
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import ledger.core
from ledger.core.code import explain_code, normalise_code
from ledger.core.disclosure import Typed, parse_disclosure, parse_verification_code
from ledger.core.ed25519_portable import verify
from ledger.core.errors import FormatError, LedgerError
from ledger.core.profile import Profile, read_profile
from ledger.core.receipt import Receipt, check_receipt, format_receipt, parse_receipt
from ledger.core.report import Report, format_report
from ledger.core.trust import Trust, parse_trust
from ledger.core.verify import Absent, lookup

if TYPE_CHECKING:
    from ledger.core.audit import Audit
    from ledger.core.auditfiles import Request, Requesting

__all__ = [
    "audit",
    "audited",
    "check",
    "check_compact_proof",
    "check_pdf",
    "details_opened",
    "details_place",
    "explain",
    "extend",
    "numbers",
    "profile_texts",
    "receipt",
    "resume",
    "setup",
    "showing",
    "start",
    "table",
]

ABSENT = {"missing": Absent.MISSING, "unreachable": Absent.UNREACHABLE}

# Of many numbers most signatures are the same ones again, the ledger's and the organisations'; and whether one stands
# depends on nothing but key, message and signature.
_verify_once = lru_cache(maxsize=4096)(verify)

Lookup = Generator[tuple[str, ...], Mapping[str, bytes | Absent], Report]


class JavaScriptBytes(Protocol):
    """What Pyodide hands over for a Uint8Array."""

    def to_bytes(self) -> bytes:
        """Its contents, copied."""


class JavaScriptObject(Protocol):
    """What Pyodide hands over for an object of JavaScript."""

    def to_py(self) -> Mapping[str, Any]:
        """Its members as a dict; a Uint8Array becomes a buffer."""


_profiles: dict[str, Profile] = {}
_trust: list[Trust] = []  # one element once set up
_running: dict[int, Lookup] = {}
# What each running audit waits for, and the progress that it told last.
_audits: "dict[int, tuple[Requesting[Audit], Request, dict[str, object]]]" = {}
_files: dict[int, dict[str, bytes]] = {}  # what each running lookup was given
_last: list[Receipt] = []  # of the last lookup that ended; one element at most


def profile_texts(names_json: str) -> str:
    """JSON object name -> JSON text of the profiles that came with the core, for `setup`."""
    loader = read_profile.__globals__["__loader__"]  # zipimport: reads data files of the archive by path
    texts = {
        name: loader.get_data(f"{loader.archive}/ledger/profiles/{name}.json").decode()
        for name in json.loads(names_json)
    }
    return json.dumps(texts)


def setup(profiles_json: str, trust_json: str) -> None:
    """Take the rule sets {name: JSON text} and trust.json as text. Raises LedgerError when one is malformed."""
    _profiles.clear()
    for name, text in json.loads(profiles_json).items():
        _profiles[name] = read_profile(json.loads(text))
    _trust[:] = [parse_trust(trust_json.encode())]
    _running.clear()
    _files.clear()
    _last.clear()


def start(request_json: str) -> str:
    """Begin a lookup: {"id", "code", "now" unix seconds, "seen" as the last answer gave it or "", "disclosures"
    [texts], "typed" {"verification_code", "name", "doc_no"} to compare, or null}.
    """
    request = json.loads(request_json)
    seen, known = _recalled(request["seen"])
    procedure = lookup(
        request["code"],
        trust=_trust[0],
        profiles=_profiles,
        verify=_verify_once,
        now=request["now"],
        seen=seen,
        known=known,
        disclosures=tuple(request["disclosures"]),
        typed=Typed(**request["typed"]) if request.get("typed") else None,
    )
    _files[request["id"]] = {}
    return _advance(request["id"], procedure, None)


def resume(request_id: int, files: JavaScriptObject | Mapping[str, Any]) -> str:
    """Go on with the files asked for: path -> bytes, "missing" (the host says 404) or "unreachable" (anything else)."""
    given = _given(files)
    _files[request_id].update({path: data for path, data in given.items() if isinstance(data, bytes)})
    return _advance(request_id, _running.pop(request_id), given)


def _advance(request_id: int, procedure: Lookup, files: Mapping[str, bytes | Absent] | None) -> str:
    try:
        need = next(procedure) if files is None else procedure.send(files)
    except StopIteration as finished:
        report: Report = finished.value
        files = _files.pop(request_id)
        _last[:] = [Receipt(report.code, files)] if "as_of" in report.sections else []
        return json.dumps({**_told(report), "seen": _remembered(report)})
    _running[request_id] = procedure
    return json.dumps({"need": need})


def _remembered(report: Report) -> str:
    """Return what the page keeps for the next lookup: the checkpoint, and the trust of a ledger with custodians."""
    note = (report.seen or b"").decode()
    if not note or report.trust is None:
        return note
    return json.dumps({"checkpoint": note, "trust": report.trust.decode()})


def _recalled(memory: str) -> tuple[bytes | None, Trust | None]:
    """Return the checkpoint and the trust in what the page kept; what cannot be read was not kept."""
    if not memory.startswith("{"):
        return memory.encode() or None, None
    try:
        kept = json.loads(memory)
        return kept["checkpoint"].encode(), parse_trust(kept["trust"].encode())
    except (AttributeError, KeyError, TypeError, ValueError, LedgerError):
        return None, None


def extend(archive: str) -> None:
    """Take the further modules of the core in the archive at this path: what a lookup does not need comes later."""
    ledger.core.__path__.append(f"{archive}/ledger/core")


def audit(request_id: int, calendar_json: str) -> str:
    """Begin an audit of the ledger: {"need", "phase", "done", "total"} until `audited` gives {"audit", "text"}."""
    from ledger.core.auditing import LedgerAudit  # noqa: PLC0415 - a lookup never needs it
    from ledger.core.workingdays import working_day_of  # noqa: PLC0415 - as above

    told: dict[str, object] = {}

    def tell(phase: str, done: int, total: int) -> None:
        told.update(phase=phase, done=done, total=total)

    working_day = working_day_of(json.loads(calendar_json))
    asking = LedgerAudit(_trust[0], _profiles, _verify_once, working_day, progress=tell).run()
    return _needed(request_id, asking, next(asking), told)


def audited(request_id: int, files: JavaScriptObject | Mapping[str, Any]) -> str:
    """Go on with the files asked for, as `resume` does."""
    from ledger.core.audit import format_audit  # noqa: PLC0415 - a lookup never needs it
    from ledger.core.auditfiles import Pieces  # noqa: PLC0415 - as above

    asking, request, told = _audits.pop(request_id)
    given = _given(files)
    try:
        answer = _whole(given[request.path]) if isinstance(request, Pieces) else given
        return _needed(request_id, asking, asking.send(answer), told)
    except StopIteration as finished:
        text = format_audit(finished.value).decode()
        return json.dumps({"audit": json.loads(text), "text": text})


def _needed(request_id: int, asking: "Requesting[Audit]", request: "Request", told: dict[str, object]) -> str:
    from ledger.core.auditfiles import Pieces  # noqa: PLC0415 - a lookup never needs it

    _audits[request_id] = asking, request, told
    return json.dumps({"need": [request.path] if isinstance(request, Pieces) else request, **told})


def _whole(data: bytes | Absent) -> Iterator[bytes]:
    """A file in one piece: what a browser opens is small."""
    from ledger.core.auditfiles import AbsentError  # noqa: PLC0415 - a lookup never needs it

    if isinstance(data, Absent):
        raise AbsentError(data)
    yield data


def _given(files: JavaScriptObject | Mapping[str, Any]) -> dict[str, bytes | Absent]:
    members = files if isinstance(files, Mapping) else files.to_py()
    return {path: ABSENT[value] if isinstance(value, str) else bytes(value) for path, value in members.items()}


def _told(report: Report) -> dict[str, Any]:
    text = format_report(report).decode()
    return {"report": json.loads(text), "report_text": text}


def receipt() -> str:
    """Return the receipt of the last answer as text; empty if there is nothing signed to keep."""
    return format_receipt(_last[0]).decode() if _last else ""


def showing(disclosures: str, names: str) -> str:
    """Return the receipt of the last answer with those of the disclosures whose fields are named, both JSON lists."""
    chosen = set(json.loads(names))
    shown = [text for text in json.loads(disclosures) if parse_disclosure(text).name in chosen]
    kept = _last[0]
    return format_receipt(Receipt(kept.code, kept.files, tuple(shown))).decode()


def check(text: str, now: int) -> str:
    """Follow a receipt again: {"report", "report_text", "age" in seconds or null}, or {"problem"} if it is none."""
    try:
        kept = parse_receipt(text.encode())
    except FormatError as error:
        return json.dumps({"problem": str(error)})
    checked = check_receipt(kept, trust=_trust[0], profiles=_profiles, verify=verify, now=now)
    return json.dumps({**_told(checked.report), "age": checked.age})


def check_pdf(data: JavaScriptBytes | bytes, now: int) -> str:
    """Follow the receipt in a PDF: as `check`, with its "disclosures", and "differs", the fields its text has not."""
    from ledger.core.printed import differing, read_printed, signed_values  # noqa: PLC0415 - a number never needs it

    try:
        printed = read_printed(data if isinstance(data, bytes) else data.to_bytes())
    except FormatError as error:
        return json.dumps({"problem": str(error)})
    checked = check_receipt(printed.receipt, trust=_trust[0], profiles=_profiles, verify=verify, now=now)
    sure = "facts" in checked.report.sections
    differs = differing(printed.text, signed_values(checked.report, _profiles)) if sure else []
    told = {"age": checked.age, "differs": differs, "disclosures": printed.receipt.disclosures}
    return json.dumps({**_told(checked.report), **told})


def details_place(code: str, verification_code: str) -> str:
    """Return where the sealed details of a number are and their key: {"path", "key" in base64}."""
    from ledger.core.details import access_of  # noqa: PLC0415 - few open any

    access = access_of(code, parse_verification_code(verification_code))
    return json.dumps({"path": access.path, "key": b64encode(access.key).decode()})


def details_opened(code: str, verification_code: str, data: JavaScriptBytes, content: JavaScriptBytes) -> str:
    """Read details that the browser's own cipher has opened: {"disclosures", "photo" in base64}, or {"problem"}."""
    from ledger.core.details import open_details  # noqa: PLC0415 - as above

    def opened(*_: bytes) -> bytes:
        return content.to_bytes()

    try:
        details = open_details(data.to_bytes(), code, parse_verification_code(verification_code), opened)
    except LedgerError as error:
        return json.dumps({"problem": str(error)})
    return json.dumps({"disclosures": details.disclosures, "photo": b64encode(details.photo).decode()})


def check_compact_proof(code: str, verification_code: str, proof: str, now: int) -> str:
    """Check what a dense QR code carries: an answer with its "disclosures"; {"problem"} if it is no proof."""
    from ledger.core.compact import check_compact, parse_compact  # noqa: PLC0415 - a number never needs it

    try:
        compact = parse_compact(proof, code, verification_code)
    except LedgerError as error:
        return json.dumps({"problem": str(error)})
    report = check_compact(compact, trust=_trust[0], profiles=_profiles, verify=verify, now=now)
    return json.dumps({**_told(report), "disclosures": compact.disclosures()})


def numbers(data: JavaScriptBytes | str) -> str:
    """Find the numbers in a workbook or a text: JSON list of {"place", "number", "problem"}, or {"problem"}."""
    from ledger.core.sheet import find_numbers, read_text, read_workbook  # noqa: PLC0415 - one number never needs it

    try:
        found = find_numbers(read_text(data) if isinstance(data, str) else read_workbook(data.to_bytes()))
    except FormatError as error:
        return json.dumps({"problem": error.reason})
    return json.dumps([{"number": one.number, "place": one.place, "problem": one.problem} for one in found])


def table(kind: str, rows_json: str) -> bytes:
    """Return rows of texts as a file, "xlsx" or "csv"."""
    from ledger.core.sheet import format_csv, format_workbook  # noqa: PLC0415 - as above

    rows = json.loads(rows_json)
    return format_workbook(rows) if kind == "xlsx" else format_csv(rows).encode()


def explain(code: str) -> str:
    """JSON list of what is wrong with a mistyped number, by every profile: [{"profile", ...finding}]."""
    normal = normalise_code(code)
    found = []
    for name, profile in _profiles.items():
        for finding in explain_code(normal, profile):
            members = {key: getattr(finding, key) for key in ("position", "rule", "zh", "en") if hasattr(finding, key)}
            found.append({"profile": name, **members})
    return json.dumps(found)
