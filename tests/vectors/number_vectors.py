"""Writes number.json: what the core says of typed numbers, for the page's JavaScript to say the same.

    python tests/vectors/number_vectors.py            # --check compares only

Each case: the text as typed, its normal form, and for every profile the findings [position, severity, rule] of
explain_code. The numbers are made up; tests/site/test_number.py holds the page and the core to the file.
"""

import json
import random
import sys
from pathlib import Path

from ledger.app.home import load_profiles
from ledger.core.code import explain_code, normalise_code

FILE = Path(__file__).with_name("number.json")
GOOD = ("S000050000001263000001", "Y000034030001261000001", "Y000037090001203000001", "S000050000123999999999")


def typed() -> list[str]:
    """Texts with one fault, many, or none; the same on every run."""
    rng = random.Random(7)
    texts = [*GOOD, "", " ", "hello", "证书", "<img src=x onerror=alert(1)>", "s0000 5000 0001 26 3 000001"]
    texts += ["Ｓ００００５００００００１２６３００００01", "S000050000001-26-3-000001", "S000050000001\u200b263000001"]
    texts += ["S000050000001−263000001", "ſ000050000001263000001", "S000050000001263000000", "S000050000001261000001"]
    texts += ["S00005000000126300000１", "S000050000001２63000001\u3000", "S000050000001\n263\t000001\r\n"]
    texts += ["SO0005OOO001263000001", "5000050000001263000001", "S000051000000263000001", "S000060000001263000001"]
    texts += ["Y000034990001261000001", "YYYYY34030001261000001", "S000050000000260000000", "S00005000000I263000OO1"]
    for text in GOOD:
        texts += [text[:length] for length in range(1, 22, 4)] + [text + "1", text + "12"]
        for _ in range(30):
            at = rng.randrange(22)
            texts.append(text[:at] + rng.choice("0123456789OISYBlｘ-\u00ad\u30fc中𠮷") + text[at + 1 :])
    return texts


def cases() -> list[dict[str, object]]:
    """What the core says of each text."""
    profiles = load_profiles()
    made: list[dict[str, object]] = []
    for text in typed():
        normal = normalise_code(text)
        found = {
            name: [[finding.position, finding.severity, finding.rule] for finding in explain_code(normal, profile)]
            for name, profile in profiles.items()
        }
        made.append({"typed": text, "normal": normal, "findings": found})
    return made


def rendered() -> str:
    """The file's text: one case a line."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=True, sort_keys=True) for case in cases())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        FILE.write_text(rendered(), "utf-8")
    elif FILE.read_text("utf-8") != rendered():
        sys.exit("tests/vectors/number.json is not what the core says: run tests/vectors/number_vectors.py")
