"""The electronic seal: under the issuer's own certificate, judged by pyHanko; the proof stays as it was."""

import datetime as dt
import io
from pathlib import Path

import asn1crypto.x509
import pytest
from asn1crypto import pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from tests.cli.cases import NUMBER, Ran, ledger, make_issued, must

SITE = "https://verify.example.cn/"
WORD = "seal passphrase"


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: str, by_key: ec.EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
        .sign(by_key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An issued ledger, the school's PKCS#12 file, and the certificate of the authority that vouches for it."""
    folder = tmp_path_factory.mktemp("seal")
    make_issued(folder)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = certificate("测试数据 CA", authority_key, "测试数据 CA", authority_key, authority=True)
    own = certificate("测试数据 技师学院", key, "测试数据 CA", authority_key, authority=False)
    kept = serialization.BestAvailableEncryption(WORD.encode())
    (folder / "school.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, own, [authority], kept))
    (folder / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    (folder / "word").write_text(WORD + "\n", encoding="utf-8")
    (folder / "wrong").write_text("wrong\n", encoding="utf-8")
    return folder


def print_(folder: Path, *arguments: str, out: str = "out") -> Ran:
    return ledger(folder, "--home", "home", "print", NUMBER, "--site", SITE, "--out", out, *arguments)


@pytest.fixture(scope="module")
def sealed(issued: Path) -> bytes:
    must(print_(issued, "--seal", "school.p12", "--seal-passphrase-file", "word"))
    return (issued / "out" / f"{NUMBER}.pdf").read_bytes()


def judged(issued: Path, data: bytes) -> PdfSignatureStatus:
    root = asn1crypto.x509.Certificate.load(pem.unarmor((issued / "authority.pem").read_bytes())[2])
    [signature] = PdfFileReader(io.BytesIO(data)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))


def test_the_validator_finds_it_whole_and_trusted(issued: Path, sealed: bytes) -> None:
    status = judged(issued, sealed)
    assert status.bottom_line
    assert status.signing_cert.subject.native["common_name"] == "测试数据 技师学院"


def test_it_is_an_update_behind_the_certificate_as_it_is_printed(issued: Path, sealed: bytes) -> None:
    must(print_(issued, out="plain"))
    assert sealed.startswith((issued / "plain" / f"{NUMBER}.pdf").read_bytes())


def test_the_proof_in_it_is_checked_as_before(issued: Path, sealed: bytes) -> None:
    pdf = f"out/{NUMBER}.pdf"
    ran = must(ledger(issued, "check", "--pdf", pdf, "--trust", "home/public/trust.json"))
    assert "it gives the same bytes" in ran.err


def test_a_changed_byte_breaks_the_seal(issued: Path, sealed: bytes) -> None:
    at = sealed.index(b"/MediaBox[0 0 841")
    changed = sealed[:at] + sealed[at:].replace(b"841", b"842", 1)
    assert not judged(issued, changed).bottom_line


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--seal", "school.p12"), 2, "go together"),
        (("--seal-passphrase-file", "word"), 2, "go together"),
        (("--seal", "school.p12", "--seal-passphrase-file", "wrong"), 1, "cannot be opened"),
        (("--seal", "word", "--seal-passphrase-file", "word"), 1, "cannot be opened"),
    ],
)
def test_what_is_asked_for_wrongly(issued: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = print_(issued, *arguments, out="none")
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert not (issued / "none").exists()
