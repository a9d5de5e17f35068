"""Guessing document numbers from a built site: whoever knows everything but three digits learns none of them.

The attacker has the whole site, and of each holder the certificate number, the district and the birth date: 1,000
candidates. Each is hashed in every way that needs no secret, under every salt that is public, and looked for among all
digests of the site. The control does the same to copies in which a digest was made in such a way, and must find it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ledger.app.holders import open_holder
from ledger.app.home import Home
from ledger.app.opening import DATA_KEY
from ledger.core.disclosure import derive_salt, digest_of, make_disclosure, parse_disclosure
from ledger.core.errors import LedgerError
from ledger.crypto.rowseal import RowSealer
from ledger.forms.documents import check_digit
from tests.cli.cases import NUMBER, PASSPHRASE, ledger, make_issued, must

TOKEN = re.compile(rb"[A-Za-z0-9_+/-]{43,}")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def plain(code: str, number: str) -> str:
    return base64url(hashlib.sha256(number.encode()).digest())


def with_the_code(code: str, number: str) -> str:
    return base64url(hashlib.sha256((code + number).encode()).digest())


def keyed_by_the_code(code: str, number: str) -> str:
    return base64url(hmac.digest(code.encode(), number.encode(), "sha256"))


def salted_by_the_code(code: str, number: str) -> str:
    return digest_of(make_disclosure(derive_salt(code[-20:], "doc_no"), "doc_no", number))


WAYS: tuple[Callable[[str, str], str], ...] = (plain, with_the_code, keyed_by_the_code, salted_by_the_code)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A built site, and what nobody may learn from it: number -> document number."""
    folder = tmp_path_factory.mktemp("guessing")
    make_issued(folder)
    must(ledger(folder, "--home", "home", "build", "--out", "site"))
    home = Home.at(folder / "home")
    keyring, _ = home.open_keyring(PASSPHRASE, allow_test=True)
    sealer, people = RowSealer(keyring.data_key(DATA_KEY)), {}
    with home.open_store() as store:
        for row in store.certificates(0, store.size()):
            assert row.sealed is not None
            people[row.code] = open_holder(sealer, row.code, row.sealed).doc_no
    return folder / "site", people


def candidates(doc_no: str) -> Iterator[str]:
    for sequence in range(1000):
        body = f"{doc_no[:14]}{sequence:03d}"
        yield body + check_digit(body)


def public_salts(data: bytes) -> Iterator[str]:
    """Yield the salts of the masked views; the documentation's examples may be none."""
    for text in set(re.findall(rb'"disclosure":"([A-Za-z0-9_-]+)"', data)):
        with suppress(LedgerError):
            yield parse_disclosure(text.decode()).salt


def recovered(data: bytes, people: dict[str, str]) -> set[str]:
    """Return the numbers of those whose document number the attack finds in the bytes of a site."""
    found: set[str] = set()
    tokens = {token.decode() for token in TOKEN.findall(data)}
    salts = {"", *public_salts(data)}
    assert len(salts) > len(people)  # each masked view has one of its own
    for code, doc_no in people.items():
        for guess in candidates(doc_no):
            tried = [way(code, guess) for way in WAYS]
            tried += [digest_of(make_disclosure(salt, "doc_no", guess)) for salt in (code, *salts)]
            tried += [base64.urlsafe_b64decode(text + "=").hex() for text in tried]
            if not tokens.isdisjoint(tried):
                assert guess == doc_no
                found.add(code)
    return found


def bytes_of(site: Path) -> bytes:
    """Return the whole of /ledger/, and every page and data file besides it."""
    files = {file for file in (site / "ledger").rglob("*") if file.is_file()}
    files |= {file for file in site.rglob("*") if file.suffix in (".html", ".json", ".txt")}
    return b"\n".join(file.read_bytes() for file in sorted(files))


def test_no_document_number_is_recovered(issued: tuple[Path, dict[str, str]]) -> None:
    site, people = issued
    data = bytes_of(site)
    assert all(code.encode() in data for code in people)  # the certificates are there to be attacked
    found = recovered(data, people)
    print(f"guessing: {len(found)}/{len(people)} document numbers recovered from 1,000 candidates each")
    assert found == set()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_attack_finds_a_digest_that_needs_no_secret(
    issued: tuple[Path, dict[str, str]], way: Callable[[str, str], str]
) -> None:
    site, people = issued
    data = bytes_of(site)
    line = next(line for line in data.split(b"\n") if NUMBER.encode() in line and b'"disclosures":["' in line)
    digest = line.split(b'"disclosures":["')[1][:43]
    weak = data.replace(digest, way(NUMBER, people[NUMBER]).encode())
    assert recovered(weak, people) == {NUMBER}
