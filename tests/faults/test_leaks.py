"""No holder's full name, document number or verification code leaves the machine; planted ones are found."""

import base64
import gzip
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from sample_rosters import SCHOOL, write_samples

from ledger.app.events import Correction, correct
from ledger.app.evidence import Piece, record_evidence
from ledger.app.home import Home
from ledger.app.notices import open_notice
from ledger.app.roster import RosterRefused
from ledger.core.canonical import Value
from ledger.core.errors import LedgerError
from ledger.forms.documents import check_digit
from tests.evaluation import body_of
from tests.faults.making import PROFILES, START, Seeded, append, keyring_of, open_home
from tests.leaks import Secrets, scan_bytes, scan_folder, secrets_of

NAME, DOCUMENT, CODE = "欧阳青松", "50011219900203000", "7ZK4M2QW9XTB3HNC5RVA"
SHORT = "E00000001"


def resident(body: str) -> str:
    return body + check_digit(body)


@pytest.fixture(scope="module")
def planted() -> Secrets:
    return Secrets([NAME, "𠮷田禾", "Nguyễn Văn Minh"], [resident(DOCUMENT), SHORT, "测字第000001号"], [CODE])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Secrets]:
    """The demonstration's two rosters, 240 people, a list of 130 of them, a correction: public/, and what is secret."""
    folder = tmp_path_factory.mktemp("leaks")
    home = open_home(folder)
    with home.open_store() as store:
        keyring = keyring_of(home)
        for number, roster in enumerate(write_samples(folder)):
            done = append(home, store, roster, now=START + 60 + number, seed=f"roster {number}", details=True)
        code, name, job, levels = SCHOOL.jobs[0]
        plan = body_of("plan.file", PROFILES[SCHOOL.profile], {}) | {
            "candidates": 200,
            "exam_from": "2026-12-08",
            "exam_to": "2026-12-08",
            "levels": cast("Value", sorted(levels)),
            "occupation": {"code": code, "job": job, "name": name},
        }
        piece = Piece("plan.file", plan, "organisation")
        (filed,) = record_evidence(home, store, keyring, [piece], PROFILES, now=START + 70)
        everybody = write_samples(folder / "listed")[0]
        notice = open_notice(
            home, store, keyring, filed, "results", PROFILES, source=everybody, count=None, first="2026-12-09",
            last=None, now=START + 80, random=Seeded("notice"),
        )  # fmt: skip
        assert (notice.count, len(list((home.public / "notice").iterdir()))) == (130, 1)
        before = secrets_of(store, keyring)
        correct(
            home,
            store,
            keyring,
            done.first,
            Correction(name="改后姓名甲"),
            PROFILES,
            reason="error",
            now=START + 90,
            random=Seeded("correction"),
        )
        after = secrets_of(store, keyring)
    secrets = Secrets(before.names | after.names, before.documents | after.documents, before.codes | after.codes)
    return home.public, secrets


def packed_in_zip(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("docProps/x.xml", data)
    return stream.getvalue()


def png_with(data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    body = zlib.compress(data)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"zTXt", b"Title\0\0" + body) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: b"x" * 999 + b" " + data + b"\n",
    "gzip": gzip.compress,
    "zip": packed_in_zip,
    "zip in gzip": lambda data: gzip.compress(packed_in_zip(data)),
    "zlib": zlib.compress,
    "PDF stream": lambda data: (
        b"%PDF-1.7\n1 0 obj <</Filter/FlateDecode>>\nstream\n" + zlib.compress(data) + b"\nendstream\n"
    ),
    "PNG": png_with,
    "Base64": lambda data: b'{"a":"' + base64.b64encode(data) + b'"}',
    "Base64 for URLs": lambda data: b"#" + base64.urlsafe_b64encode(b'["salt","name","' + data + b'"]').rstrip(b"="),
    "a disclosure": lambda data: (
        b'{"disclosure":"'
        + base64.urlsafe_b64encode(json.dumps(["s", "name", data.decode()], ensure_ascii=False).encode()).rstrip(b"=")
        + b'"}'
    ),
    "Base64 in a head": lambda data: b"extra " + base64.b64encode(base64.urlsafe_b64encode(data + b" " + data)) + b"\n",
    "JSON escapes": lambda data: json.dumps(data.decode()).encode(),
    "character references": lambda data: b"<t>" + data.decode().encode("ascii", "xmlcharrefreplace") + b"</t>",
    "character references in hexadecimal": lambda data: "".join(f"&#x{ord(c):X};" for c in data.decode()).encode(),
    "percent": lambda data: b"/ledger/?" + b"".join(b"%%%02X" % byte for byte in data),
    "UTF-16": lambda data: data.decode().encode("utf-16-le"),
}
SECRETS = {
    "a name": NAME,
    "a name beyond the BMP": "𠮷田禾",
    "a Latin name": "Nguyễn Văn Minh",
    "a document number": resident(DOCUMENT),
    "a document number of an unknown person": resident("34030219851231000"),
    "a worded document number": "测字第000001号",
    "a short document number": f"no. {SHORT}, ",
    "a code": CODE,
    "a code inside other letters": f"A{CODE}B",
    "a code in groups": "7ZK4 M2QW 9XTB 3HNC 5RVA",
    "a code in small letters": CODE.lower(),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_planted_leak_is_found(planted: Secrets, packing: str) -> None:
    found = missed = 0
    for kind, text in SECRETS.items():
        if packing == "UTF-16" and kind in (
            "a document number of an unknown person",
            "a code in groups",
            "a code in small letters",
        ):
            continue  # known secrets are looked for in UTF-16, patterns are not
        data = PACKINGS[packing](text.encode())
        if any(scan_bytes("planted", data, planted)):
            found += 1
        else:
            missed += 1
            print(f"missed: {kind} as {packing}")
    print(f"planted leaks found, {packing}: {found}/{found + missed}")
    assert missed == 0
    assert found >= 8


def test_a_certificate_number_is_exempt_only_whole(planted: Secrets) -> None:
    window = resident(DOCUMENT)
    whole = f"S{'000050000001'}26{'3'}{'000001'}"
    assert not list(scan_bytes("x", f'"code":"{whole}",'.encode(), planted))
    number = f"2{window}123"  # 22 digits with a resident number inside: a whole certificate number
    assert len(number) == 22
    assert not list(scan_bytes("x", f'{{"code":"{number}"}}'.encode(), planted))
    for wrong in (f"{number}4", f"A{number}", number[:-1], number[1:], window, f" {window} "):
        assert list(scan_bytes("x", wrong.encode(), planted)), wrong


def test_what_cannot_be_opened_is_refused(planted: Secrets) -> None:
    for name, data in (("a.br", b"anything"), ("a.bz2", b"BZh91AY"), ("b", b"\x28\xb5\x2f\xfd....")):
        with pytest.raises(ValueError, match="cannot open"):
            list(scan_bytes(name, data, planted))


def test_nothing_of_240_holders_is_in_the_public_folder(ledger: tuple[Path, Secrets]) -> None:
    public, secrets = ledger
    assert (len(secrets.documents), len(secrets.codes)) == (240, 241)
    leaks, files, size = scan_folder(public, secrets)
    kinds = len(secrets.names) + len(secrets.documents) + len(secrets.codes)
    print(f"public/: {files} files, {size} bytes, {kinds} secrets: leaks found {len(leaks)}")
    assert not leaks
    assert files > 20


def test_every_secret_of_240_holders_would_be_found(ledger: tuple[Path, Secrets]) -> None:
    """The test of the test: each single secret, put into a shard, is a leak."""
    public, secrets = ledger
    data = next(iter(sorted(public.glob("shard/*/*.txt")))).read_bytes()
    head, tail = data[:3000], data[3000:6000]
    missed = [
        kind
        for kind, texts in (("name", secrets.names), ("document", secrets.documents), ("code", secrets.codes))
        for text in texts
        if not any(secrets.find(head + b"|" + text.encode() + b"|" + tail))
    ]
    assert not missed


def test_refusals_do_not_tell_who(
    ledger: tuple[Path, Secrets], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same people again in another roster: every message, and all that was printed, names no one."""
    public, secrets = ledger
    home = Home.at(public.parent)
    school, enterprise = write_samples(tmp_path, seed=2)  # the same documents under other names
    messages = []
    with home.open_store() as store:
        for roster in (school, enterprise):
            with pytest.raises(RosterRefused) as caught:
                append(home, store, roster, now=START + 200, seed="refused")
            messages += [str(caught.value), *map(str, caught.value.findings)]
        with pytest.raises(LedgerError) as error:
            append(home, store, school, now=START - 10_000, seed="refused", org="S000099999999")
        messages.append(str(error.value))
    printed = capfd.readouterr()
    text = "\n".join((*messages, printed.out, printed.err)).encode()
    assert len(messages) > 200
    leaks = [(leak.kind, text[leak.offset - 60 : leak.offset]) for leak in scan_bytes("messages", text, secrets)]
    assert not leaks


@pytest.mark.slow
def test_nothing_of_240_holders_is_in_the_site(ledger: tuple[Path, Secrets], tmp_path: Path) -> None:
    site = pytest.importorskip("sitegen").site
    public, secrets = ledger
    out = tmp_path / "site"
    site.build_site(public, out, docs=os.environ.get("LEDGER_FULL") == "1")
    leaks, files, size = scan_folder(out, secrets)
    print(f"site: {files} files, {size} bytes: leaks found {len(leaks)}")
    assert not leaks
    (out / "assets" / "planted.js").write_text(f"// {next(iter(secrets.names))}", encoding="utf-8")
    assert scan_folder(out / "assets", secrets)[0]
