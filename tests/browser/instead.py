"""Ledgers that a route shows in place of the site's own: states that the small ledger has not, without another build.

The page's trust is part of its script, so a page is opened anew between two ledgers, and forgets the one it knew.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from unicodedata import normalize
from urllib.parse import urlsplit

from playwright.sync_api import Route

from ledger.core.canonical import Value
from ledger.core.disclosure import digest_of, private_disclosures
from ledger.core.receipt import Receipt, format_receipt
from ledger.core.record import sign_record
from ledger.core.trust import format_trust
from tests.simulator import (
    OTHER,
    REGISTRAR,
    SCHOOL,
    VERIFICATION_CODE,
    Files,
    Simulator,
    look_up,
    masked_disclosure,
    number,
    replaced,
)

__all__ = ["AFTERMATH", "HOSTILE", "aftermath", "hostile", "instead"]

RETIRED = "S000050000003"
MERGED = "S000050000004"
AFTERMATH: Mapping[str, str] = {
    "organisation retired": number(1, RETIRED),
    "organisation merged": number(1, MERGED),
    "key revoked": number(1, OTHER),
    "withdrawn view": number(2),
}
# What a record may say in any field, as the formats go. The forms refuse most of it; a verifier believes no form.
HOSTILE: Mapping[str, str] = {
    "element with a handler": "<img src=x onerror=\"document.title='ran'\">",
    "script": "</dd><script>document.title='ran'</script>",
    "attribute": '" autofocus onfocus="document.title=\'ran\'" x="',
    "address": "javascript:document.title='ran'",
    "entities": "&lt;b&gt;&#x202e;&amp;",
    "a name of a blank": "{name}{reason}{org}",
    "a member of every object": "__proto__",
    "override": "测试\u202e止废已\u202c",
    "override without an end": "\u202etxet sdrawkcab \u202d\u202e",
    "isolates without an end": "\u2066\u2067测试\u2068abc\u2067",
    "right to left": "שם العربية 123 (שם)",
    "long word": "W" * 200,
    "long chinese": "測" * 200,
    "ligatures": "\ufdfd" * 60,
    "marks": normalize("NFC", "Z" + "\u0338\u030d\u0316\u0353" * 49),
    "marks alone": "\u0489" * 200,
    "nothing to see": "x" + "\u200b" * 100 + "\u2060" * 90 + "x",
    "lines": "甲\n\n\n\n\n\n\n\n乙\u2028丙\u2029丁",
    "controls": "\x00\x07\x1b[2J\x1b]0;ran\x07\x7f\x85.",
    "beyond the plane": "\U00020bb7" * 100,
    "families": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 30,
    "private use": "\ue000\uf8ff\U000f0000" * 20,
}


def aftermath() -> Simulator:
    """Certificates after which something happened to who signed them, or whose view was withdrawn."""
    ledger = _lasting()
    for org in (OTHER, RETIRED, MERGED):
        ledger.file(org)
        ledger.batch(ledger.issued(1, org))
    ledger.issue_many((1, 2))
    ledger.masked[number(2)] = ""
    key = ledger.key(OTHER).key.key_id.hex()
    ledger.batch(
        sign_record("key.revoke", {"key_id": key, "org": OTHER, "reason": "compromised"}, REGISTRAR),
        sign_record("org.retire", {"org": RETIRED, "reason": "closed"}, REGISTRAR),
        sign_record("org.retire", {"into": SCHOOL, "org": MERGED, "reason": "merged"}, REGISTRAR),
        sign_record("org.merge", {"from": [MERGED], "org": SCHOOL}, REGISTRAR),
    )
    return ledger


def hostile() -> tuple[Simulator, Mapping[str, str]]:
    """A certificate for each hostile text, in every field that takes one; name of the text -> number."""
    ledger = _lasting()
    numbers = {}
    for count, (name, text) in enumerate(HOSTILE.items()):
        org = f"S0000500001{count:02d}"
        job: Value = {"code": "6-18-01-01", "job": text, "name": text}
        ledger.file(org, name=text, scope=[{"levels": ["3"], "occupation": job}])
        numbers[name] = number(1, org)
        shown = private_disclosures(VERIFICATION_CODE, _private(text)).values()
        digests = sorted(digest_of(one) for one in (masked_disclosure(numbers[name]), *shown))
        ledger.batch(ledger.issued(1, org, disclosures=[*digests], evaluator=text, occupation=job))
    return ledger, numbers


def hostile_receipt(ledger: Simulator, code: str, text: str) -> bytes:
    """What the holder of a hostile certificate hands over: all fields that a holder can show, and their proof."""
    asked: list[tuple[str, ...]] = []
    files = ledger.files()
    shown = tuple(private_disclosures(VERIFICATION_CODE, _private(text)).values())
    assert look_up(files, code, ledger, now=ledger.now, disclosures=shown, asked=asked).verdict == "valid"
    return format_receipt(
        Receipt(code, {path: files[path] for paths in asked for path in paths if path in files}, shown)
    )


def instead(make: Callable[[], Simulator]) -> Mapping[str, Callable[[Route], None]]:
    """The routes that show another ledger, and the trust that goes with it; made when it is first asked for."""

    @cache
    def made() -> tuple[Files, str]:
        ledger = make()
        return ledger.files(), format_trust(ledger.trust).decode()

    def file(route: Route) -> None:
        data = made()[0].get(urlsplit(route.request.url).path.removeprefix("/ledger/"))
        route.fulfill(status=404 if data is None else 200, content_type="text/plain", body=data or b"")

    def config(route: Route) -> None:
        head, text = route.fetch().text().split(" = ", 1)
        value = json.loads(text.rstrip().rstrip(";")) | {"trust": made()[1]}
        route.fulfill(content_type="text/javascript", body=f"{head} = {json.dumps(value)};")

    return {"**/ledger/**": file, "**/assets/config-*.js": config}


def _private(text: str) -> dict[str, Value]:
    return {"employer": text, "name": text, "doc_no": text}


def _lasting() -> Simulator:
    """A ledger that is fresh for twenty years: the browser's clock is the real one."""
    plain = Simulator()
    return Simulator(trust=replaced(plain.trust, max_age=20 * 365 * 86400))
