"""What a link, a scanned code or a dropped text is taken for; and what a file is, by its bytes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sitegen.formats import number_formats
from sitegen.node import find_node

from ledger.app.home import load_profiles
from tests.site.kit import REPOSITORY

VERIFIER = (REPOSITORY / "site" / "verifier").resolve().as_uri()
SCRIPT = f"""
import {{ readFragment, readText, verificationCode }} from "{VERIFIER}/reading.js";
import {{ kindOf }} from "{VERIFIER}/files.js";
import {{ readPdf }} from "{VERIFIER}/pdf.js";
import {{ readFileSync }} from "node:fs";
const {{ run, given, formats }} = JSON.parse(readFileSync(process.argv[2], "utf8"));
const home = new URL("https://ledger.example/check/");
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const acts = {{
  fragment: (text) => readFragment(text, formats),
  text: (text) => readText(text, home, formats),
  code: verificationCode,
  kind: (hex) => kindOf(bytes(hex)),
  pdf: (hex) => readPdf(bytes(hex)).state,
}};
console.log(JSON.stringify(given.map(acts[run])));
"""
NUMBER = "S000050000001263000001"
OTHER = "S000050000001263000002"
CODE = "0123456789ABCDEFGHJK"


def run(folder: Path, what: str, given: list[str]) -> list[Any]:
    script, data = folder / "run.mjs", folder / "data.json"
    script.write_text(SCRIPT, "utf-8")
    formats = number_formats(load_profiles(), ["cn-chongqing-2020-1"])
    data.write_text(json.dumps({"run": what, "given": given, "formats": formats}), "utf-8")
    done = subprocess.run([str(find_node().node), str(script), str(data)], capture_output=True, text=True, check=True)
    answers: list[Any] = json.loads(done.stdout)
    return answers


FRAGMENTS = {
    NUMBER: (NUMBER, ""),
    NUMBER.lower(): (NUMBER, ""),
    f"{NUMBER}.{CODE}": (NUMBER, CODE),
    f"{NUMBER}.0123-4567 89ab%20cdef%20ghjk": (NUMBER, CODE),
    f"{NUMBER}.{CODE[:10].replace('0', 'O').replace('1', 'l')}{CODE[10:]}": (NUMBER, CODE),
    f"{NUMBER}%2E{CODE}": (NUMBER, CODE),
    f"{NUMBER}.{CODE}.AB7": (NUMBER, CODE, "AB7"),
    f"{NUMBER}.{CODE}.AB7.AB7": None,
    f"{NUMBER}.{CODE}.ab7": None,
    f"{NUMBER}.X.AB7": None,
    f"{NUMBER}.{CODE}.": None,
    f"{NUMBER}.": None,
    f".{CODE}": None,
    f"{NUMBER}.{CODE[:-1]}U": None,
    f"{NUMBER}1": None,
    "<img>": None,
    "%E0%A4%A": None,
}


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_fragment_is_a_number_perhaps_with_a_code_or_nothing(tmp_path: Path, fragment: str) -> None:
    wanted = FRAGMENTS[fragment]
    [found] = run(tmp_path, "fragment", [fragment])
    assert found["numbers"] == ([dict(zip(("number", "code", "proof"), wanted, strict=False))] if wanted else [])


TEXTS = {
    # text: (numbers, the other site)
    f"https://ledger.example/check/#{NUMBER}": ([NUMBER], ""),
    f"HTTPS://LEDGER.EXAMPLE/check/en/#{NUMBER}.{CODE}": ([NUMBER], ""),
    f"https://ledger.example/#{NUMBER}": ([NUMBER], "ledger.example"),  # above this site's folder
    f"https://ledger.example.evil/check/#{NUMBER}": ([NUMBER], "ledger.example.evil"),
    f"https://ledger.example@evil.example/check/#{NUMBER}": ([NUMBER], "evil.example"),
    f"https://user:pass@ledger.example/check/#{NUMBER}": ([NUMBER], "ledger.example"),
    f"http://ledger.example/check/#{NUMBER}": ([NUMBER], "ledger.example"),
    f"https://ledger.example:444/check/#{NUMBER}": ([NUMBER], "ledger.example:444"),
    f"https://evil.example/?no={NUMBER}&x={OTHER}": ([NUMBER, OTHER], "evil.example"),
    "https://evil.example/": ([], "evil.example"),
    "https://": ([], ""),
    f"javascript:alert('{NUMBER}')": ([NUMBER], ""),
    f"证书编号：{NUMBER}": ([NUMBER], ""),
    f"编号 {NUMBER[:13]} {NUMBER[13:]}": ([NUMBER], ""),
    f"甲\n{NUMBER[:13]} {NUMBER[13:]}\n乙": ([NUMBER], ""),
    f"{NUMBER}\n{OTHER}\n{NUMBER}": ([NUMBER, OTHER], ""),
    f"x{NUMBER}": ([], ""),
    "": ([], ""),
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_and_its_site_told(tmp_path: Path, text: str) -> None:
    [found] = run(tmp_path, "text", [text])
    assert ([one["number"] for one in found["numbers"]], found["host"]) == TEXTS[text]


def test_a_mistyped_number_is_kept_to_be_explained(tmp_path: Path) -> None:
    typed = [NUMBER[:-1] + "O", f"https://ledger.example/check/#{NUMBER[:-1]}", "hello world", "x" * 31, "abc"]
    near = [found["near"] for found in run(tmp_path, "text", typed)]
    assert near == [NUMBER[:-1] + "O", NUMBER[:-1], "", "", ""]


def test_an_endless_text_is_cut(tmp_path: Path) -> None:
    [found] = run(tmp_path, "text", ["7" * 1_000_000])
    assert len(found["text"]) == 8192


KINDS = {
    b"\x89PNG\r\n\x1a\n": "image",
    b"\xff\xd8\xff\xe0": "image",
    b"GIF89a": "image",
    b"RIFF\0\0\0\0WEBPVP8 ": "image",
    b"RIFF\0\0\0\0WAVE": "",
    b"\0\0\0\x18ftypheic": "heic",
    b"\0\0\0\x18ftypavif": "image",
    b"\n%PDF-1.7": "pdf",
    b"PK\x03\x04": "zip",
    b"skill-ledger/receipt/v1\ncode S": "receipt",
    b'\xef\xbb\xbf {"a":1}': "json",
    b"<svg onload=alert(1)>": "text",
    "证书编号\n".encode(): "text",
    b"\x7fELF\x02\x01\x01": "",
    b"": "",
}


def test_a_file_is_what_its_first_bytes_say(tmp_path: Path) -> None:
    assert run(tmp_path, "kind", [data.hex() for data in KINDS]) == list(KINDS.values())


def test_a_pdf_that_is_all_beginnings_is_soon_done(tmp_path: Path) -> None:
    hostile = b"%PDF-1.7\n" + b"stream\n\xff\xd8\xff" * 500_000 + b"startxref\n9\n%%EOF\n"
    assert run(tmp_path, "pdf", [hostile.hex()]) == ["foreign"]


def test_a_pdf_that_cannot_be_read_is_told_apart(tmp_path: Path) -> None:
    whole = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    given = [whole, whole.replace(b"/Root", b"/Encrypt 5 0 R /Root"), whole[:40], b"%PDF-"]
    assert run(tmp_path, "pdf", [data.hex() for data in given]) == ["foreign", "encrypted", "broken", "broken"]
