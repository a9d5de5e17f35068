"""Credentials on the command line: exported from what is proven, checked by the ledger, lists built with the site."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import sitegen.site

from ledger.crypto.keyring import Keyring
from tests.cli.cases import FILING, NOW, NUMBER, Ran, csv, ledger, make_opened, must
from tests.fixtures.forms import person

SITE = "https://verify.example.cn/"
SECOND, THIRD = f"{NUMBER[:-1]}2", f"{NUMBER[:-1]}3"
PEOPLE = ("𠮷田禾", "欧阳青松", "阿依·买提")  # 测试数据
SAME = "what the credential says is what the ledger says"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three certificates; the organisation's key is another than the ledger's."""
    folder = tmp_path_factory.mktemp("export")
    make_opened(folder)
    (folder / "filing.toml").write_text(FILING, encoding="utf-8")
    must(ledger(folder, "--home", "home", "org", "file", "filing.toml", whose="organisation"))
    rows = [person(f"199{n}0101", 姓名=name) for n, name in enumerate(PEOPLE)]
    (folder / "roster.csv").write_text(csv(rows), encoding="utf-8")
    must(ledger(folder, "--home", "home", "append", "roster.csv"))
    shutil.copy(folder / "home/public/trust.json", folder / "trust.json")
    return folder


@pytest.fixture
def copy(issued: Path, tmp_path: Path) -> Path:
    shutil.copytree(issued, tmp_path / "copy")
    return tmp_path / "copy"


def export(folder: Path, *arguments: str, site: str = SITE, out: str = "out") -> Ran:
    return ledger(folder, "--home", "home", "export", *arguments, "--site", site, "--out", out)


def check(folder: Path, *arguments: str, file: str = f"out/{NUMBER}.json", now: int = NOW) -> Ran:
    return ledger(folder, "check", "--credential", file, *arguments, "--trust", "trust.json", now=now)


def test_exported_and_checked(issued: Path) -> None:
    must(export(issued, NUMBER))
    file = issued / "out" / f"{NUMBER}.json"
    before = file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    must(export(issued, NUMBER))
    assert file.read_bytes() == before
    alone = ledger(issued, "check", "--credential", f"out/{NUMBER}.json")
    assert alone.code == 3  # whose key it is, and today's state, are not known, and never said to be
    assert "the proof stands" in alone.err
    assert "the ledger was not asked" in alone.err
    ran = must(check(issued, "--in", "home/public"))
    assert f"{NUMBER}  Valid" in ran.out
    assert SAME in ran.err
    assert '"verdict":"valid"' in must(check(issued, NUMBER, "--in", "home/public", "--json")).out
    other = check(issued, SECOND, "--in", "home/public")
    assert (other.code, "about another number" in other.err) == (1, True)


def test_by_default_nothing_personal(issued: Path) -> None:
    ran = must(export(issued, NUMBER, SECOND, THIRD, out="plain"))
    assert "personal data" not in ran.err
    text = "".join(path.read_text("utf-8") for path in (issued / "plain").iterdir())
    register = json.loads(must(ledger(issued, "--home", "home", "holder", NUMBER)).out)["holder"]
    held = [register[name] for name in ("name", "doc_no", "verification_code")]
    assert [value for value in (*PEOPLE, *held) if value in text] == []


def test_name_and_document_where_they_are_asked_for(issued: Path) -> None:
    register = json.loads(must(ledger(issued, "--home", "home", "holder", NUMBER)).out)["holder"]
    ran = must(export(issued, NUMBER, "--with-name", out="named"))
    assert "these files hold personal data" in ran.err
    text = (issued / "named" / f"{NUMBER}.json").read_text("utf-8")
    assert (register["name"] in text, register["doc_no"] in text) == (True, False)
    must(export(issued, NUMBER, "--with-name", "--with-document", out="whole"))
    text = (issued / "whole" / f"{NUMBER}.json").read_text("utf-8")
    assert (register["name"] in text, register["doc_no"] in text) == (True, True)
    ran = must(check(issued, "--in", "home/public", file=f"whole/{NUMBER}.json"))
    assert "compare them with the person's document" in ran.err


def test_what_happens_to_the_certificate_afterwards(copy: Path) -> None:
    must(export(copy, NUMBER, SECOND, THIRD))
    must(ledger(copy, "--home", "home", "suspend", NUMBER, "--reason", "investigation"))
    suspended = check(copy, "--in", "home/public")
    assert (suspended.code, "Suspended" in suspended.out, SAME in suspended.err) == (1, True, True)
    must(ledger(copy, "--home", "home", "restore", NUMBER, "--reason", "cleared"))
    must(check(copy, "--in", "home/public"))
    must(ledger(copy, "--home", "home", "revoke", NUMBER, "--reason", "fraud"))
    assert check(copy, "--in", "home/public").code == 1
    must(ledger(copy, "--home", "home", "correct", SECOND, "--issued", "2026-11-17"))
    corrected = check(copy, "--in", "home/public", file=f"out/{SECOND}.json")
    assert corrected.code == 1
    assert "does not say the ledger's date of issue" in corrected.err
    must(ledger(copy, "--home", "home", "reissue", THIRD, "--reason", "lost"))
    must(check(copy, "--in", "home/public", file=f"out/{THIRD}.json"))


def test_a_correction_of_what_no_credential_shows(copy: Path) -> None:
    must(export(copy, NUMBER))
    (copy / "change.toml").write_text('employer = "更正后的单位（测试数据）"\n', encoding="utf-8")
    must(ledger(copy, "--home", "home", "correct", NUMBER, "--from", "change.toml"))
    ran = check(copy, "--in", "home/public")
    assert (ran.code, "the credential is superseded" in ran.err) == (1, True)
    must(export(copy, NUMBER))
    must(check(copy, "--in", "home/public"))


def test_a_changed_one_is_found_out(issued: Path) -> None:
    must(export(issued, NUMBER))
    text = (issued / "out" / f"{NUMBER}.json").read_text("utf-8")
    (issued / "changed.json").write_text(text.replace("2026-11-18T", "2026-11-17T"), "utf-8")
    ran = check(issued, "--in", "home/public", file="changed.json")
    assert (ran.code, "the proof does not stand" in ran.err, ran.out) == (1, True, "")
    (issued / "more.json").write_text(text.replace("{", '{"nickname": "x",', 1), "utf-8")
    ran = check(issued, "--in", "home/public", file="more.json")
    assert (ran.code, "not a credential that ledger export made, or altered" in ran.err) == (3, True)
    told = ledger(issued, "check", "--credential", "more.json", lang="zh")
    assert "多了 ledger export 不写的内容" in told.err


def test_a_key_of_another_ledger(issued: Path, tmp_path: Path) -> None:
    """The same number in a ledger with other keys: whoever signs is not who was filed there."""
    must(export(issued, NUMBER))
    shutil.copytree(issued / "out", tmp_path / "out")
    make_opened(tmp_path)
    (tmp_path / "filing.toml").write_text(FILING, encoding="utf-8")
    must(ledger(tmp_path, "--home", "home", "org", "file", "filing.toml", whose="another"))
    (tmp_path / "roster.csv").write_text(csv([person("19900101")]), encoding="utf-8")
    must(ledger(tmp_path, "--home", "home", "append", "roster.csv"))
    shutil.copy(tmp_path / "home/public/trust.json", tmp_path / "trust.json")
    ran = check(tmp_path, "--in", "home/public")
    assert (ran.code, "the credential is not by that organisation" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "site", "code", "said"),
    [
        ((), SITE, 2, "give numbers, or a batch"),
        ((NUMBER, "--batch", "x"), SITE, 2, "give numbers, or a batch"),
        ((NUMBER,), "verify.example.cn", 2, "--site must be the address"),
        ((NUMBER,), "https://verify.example.cn/?x", 2, "--site must be the address"),
        ((NUMBER, "S000050000001263999999"), SITE, 1, "is not exported: its answer is absent"),
        ((NUMBER, "S000050000001263999999", "--with-name"), SITE, 1, "is not a certificate of this ledger"),
        (("--batch", "ffff"), SITE, 1, "0 batches begin with ffff"),
        ((NUMBER, "--in", "home/public"), SITE, 2, "for an organisation's own home"),
    ],
)
def test_what_is_asked_for_wrongly(issued: Path, arguments: tuple[str, ...], site: str, code: int, said: str) -> None:
    ran = export(issued, *arguments, site=site, out="wrong")
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert not (issued / "wrong").exists()


@pytest.mark.parametrize("other", ["--proof", "--pdf", "--qr", "--receipt", "--match"])
def test_what_does_not_go_together(issued: Path, other: str) -> None:
    must(export(issued, NUMBER))
    assert check(issued, "--in", "home/public", other, "trust.json").code == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff\xfe", b"{" * 9999])
def test_files_of_others(issued: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.json").write_bytes(data)
    ran = check(issued, "--in", "home/public", file=str(tmp_path / "other.json"))
    assert (ran.code, "Traceback" in ran.err) == (3, False)


def test_without_pyld(issued: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    must(export(issued, NUMBER))
    for name in ("ledger.app.credentials", "ledger.app.credentialcheck", "ledger.crypto.canonize"):
        monkeypatch.setitem(sys.modules, name, None)
    for ran in (export(issued, NUMBER), check(issued)):
        assert (ran.code, 'pip install "skill-ledger[credential]"' in ran.err) == (3, True)


class TestBuild:
    """`build --site` puts the signed lists into the site; what the site is else, the tests of the site look at."""

    @pytest.fixture(autouse=True)
    def built(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
        made: dict[str, bytes] = {}

        def build_site(*_: object, more: Mapping[str, bytes], **__: object) -> None:
            made.clear()
            made.update(more)

        monkeypatch.setattr(sitegen.site, "build_site", build_site)
        return made

    def test_with_lists(self, issued: Path, built: dict[str, bytes]) -> None:
        must(export(issued, NUMBER))
        ran = must(ledger(issued, "--home", "home", "build", "--out", "site", "--site", SITE))
        assert {path.split("/", 2)[2] for path in built} == {"revocation/0.json", "suspension/0.json"}
        assert "warning" not in ran.err
        assert "are not here" not in ran.err
        document = json.loads((issued / "out" / f"{NUMBER}.json").read_text("utf-8"))
        named = {entry["statusListCredential"] for entry in document["credentialStatus"]}
        assert named == {json.loads(data)["id"] for data in built.values()}
        assert {document["issuer"]["id"]} == {json.loads(data)["issuer"] for data in built.values()}

    def test_where_the_organisations_key_is_elsewhere(
        self, issued: Path, built: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Keyring, "find_signer", lambda *_: None)
        ran = must(ledger(issued, "--home", "home", "build", "--out", "site", "--site", SITE))
        assert f"the keys of {NUMBER[:13]} are not here" in ran.err
        [issuer] = {json.loads(data)["issuer"] for data in built.values()}
        assert not any(issuer.removeprefix("did:key:") in path for path in built)

    def test_without_lists_it_says_what_will_be_missing(self, copy: Path, built: dict[str, bytes]) -> None:
        must(export(copy, NUMBER))
        ran = must(ledger(copy, "--home", "home", "build", "--out", "site"))
        assert built == {}
        assert "credentials that name https://verify.example.cn were exported" in ran.err
        elsewhere = must(ledger(copy, "--home", "home", "build", "--out", "site", "--site", "https://other.example"))
        assert "add --site https://verify.example.cn" in elsewhere.err
        moved = must(export(copy, NUMBER, site="https://other.example"))
        assert "must be kept up to date too" in moved.err

    def test_where_none_was_exported_it_asks_for_nothing(self, tmp_path: Path, built: dict[str, bytes]) -> None:
        make_opened(tmp_path)
        ran = must(ledger(tmp_path, "--home", "home", "build", "--out", "site"))
        assert (built, "warning" in ran.err) == ({}, False)

    def test_an_address_that_is_none(self, issued: Path, built: dict[str, bytes]) -> None:
        ran = ledger(issued, "--home", "home", "build", "--out", "site", "--site", "verify.example.cn")
        assert (ran.code, built) == (2, {})
