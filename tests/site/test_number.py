"""The page's explanation of a typed number is the core's, position by position, on shared vectors."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sitegen.formats import number_formats
from sitegen.node import find_node

from ledger.app.home import load_profiles
from ledger.core.code import explain_code, match_profiles, normalise_code
from tests.site.kit import REPOSITORY

Run: TypeAlias = Callable[..., list[Any]]  # what to run, the texts, names of profiles
VECTORS: list[dict[str, Any]] = json.loads((REPOSITORY / "tests" / "vectors" / "number.json").read_text("utf-8"))
MODULE = (REPOSITORY / "site" / "verifier" / "number.js").resolve().as_uri()
SCRIPT = f"""
import * as number from {json.dumps(MODULE)};
import {{ readFileSync }} from "node:fs";
const {{ run, texts, formats }} = JSON.parse(readFileSync(process.argv[2], "utf8"));
const told = (found) => found.map((one) => [one.position, one.severity, one.rule.id]);
const acts = {{
  explain: (text) => {{
    const normal = number.normalise(text);
    return [normal, formats.map((format) => told(number.explain(normal, format)))];
  }},
  inspect: (text) => {{
    const {{ state, formats: fitting = [], findings, missing, normal }} = number.inspect(text, formats);
    const alike = findings.map((one) => number.lookAlikes([...normal][one.position - 1], one).join(""));
    return [state, fitting.map((format) => format.profile), told(findings), missing, alike];
  }},
  regroup: ([text, caret]) => {{
    const {{ value, caret: at }} = number.regroup(text, caret, number.inspect(text, formats).format);
    return `${{value.slice(0, at)}}|${{value.slice(at)}}`;
  }},
}};
console.log(JSON.stringify(texts.map(acts[run])));
"""


@pytest.fixture
def page(tmp_path: Path) -> Run:
    """Runs a function of number.js over many texts, with the formats of the named profiles."""

    def run(what: str, texts: Sequence[object], *names: str) -> list[Any]:
        script, data = tmp_path / "run.mjs", tmp_path / "data.json"
        script.write_text(SCRIPT, "utf-8")
        profiles = load_profiles()
        formats = number_formats(profiles, names or tuple(profiles))
        data.write_text(json.dumps({"run": what, "texts": list(texts), "formats": formats}), "utf-8")
        done = subprocess.run(
            [str(find_node().node), str(script), str(data)], capture_output=True, text=True, check=True
        )
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return run


def test_the_core_says_what_the_vectors_say() -> None:
    assert len(VECTORS) > 150
    for case in VECTORS:
        assert normalise_code(case["typed"]) == case["normal"]
        for name, profile in load_profiles().items():
            found = [[one.position, one.severity, one.rule] for one in explain_code(case["normal"], profile)]
            assert found == case["findings"][name], (case["typed"], name)


def test_the_page_says_what_the_vectors_say(page: Run) -> None:
    answers = page("explain", [case["typed"] for case in VECTORS])
    names = list(load_profiles())
    for case, (normal, found) in zip(VECTORS, answers, strict=True):
        assert normal == case["normal"]
        assert dict(zip(names, found, strict=True)) == case["findings"], case["typed"]


def test_the_page_calls_good_what_the_core_calls_well_formed(page: Run) -> None:
    profiles = load_profiles().values()
    answers = page("inspect", [case["typed"] for case in VECTORS])
    for case, (state, fitting, *_) in zip(VECTORS, answers, strict=True):
        matching = [profile.name for profile in match_profiles(case["normal"], profiles)]
        assert (state == "good") == bool(matching), case["typed"]
        if matching:
            assert fitting == matching


CHONGQING = "cn-chongqing-2020-1"
EXPLAINED = {
    # typed: state, positions of the errors, how many are missing, look-alikes that may stand there
    "S000050000001263000001": ("good", [], 0, []),
    "S0000500000012630": ("typing", [], 5, []),
    "S00005000000I263000OO1": ("bad", [13, 20, 21], 0, ["1", "0", "0"]),
    "5000050000001263000001": ("bad", [1], 0, ["S"]),
    "SO0005": ("bad", [2], 16, ["0"]),
    "S000050000001268000001": ("bad", [16], 0, [""]),
    "S000050000001263000000": ("bad", [17], 0, [""]),
    "S00005000000126300000112": ("bad", [23], 0, [""]),
}


@pytest.mark.parametrize("typed", EXPLAINED)
def test_a_mistyped_number_is_explained(page: Run, typed: str) -> None:
    [(state, _, found, missing, alike)] = page("inspect", [typed], CHONGQING)
    assert (state, [position for position, *_ in found], missing, alike) == EXPLAINED[typed]


# what stands in the field, with the caret as "|" -> the same in groups; the caret stays behind its character
GROUPED = {
    "S|": "S|",
    "S0|": "S 0|",
    "S0000|50000001": "S 0000| 50 000001",
    "s 0000 5|": "S 0000 5|",
    "S 0000 X|50": "S 0000 X|5 0",
    "S000050000001263000001|": "S 0000 50 000001 26 3 000001|",
    "Ｓ００００－５０|": "S 0000 50|",
    "|": "|",
    "S𠮷|0": "S 𠮷|0",
}


def test_the_caret_stays_where_it_was(page: Run) -> None:
    units = {text: len(text.partition("|")[0].encode("utf-16-le")) // 2 for text in GROUPED}  # as JavaScript counts
    texts = [(text.replace("|", ""), caret) for text, caret in units.items()]
    assert page("regroup", texts, CHONGQING) == list(GROUPED.values())


def test_the_formats_are_the_profiles() -> None:
    exported = {str(item["profile"]): item for item in number_formats(load_profiles(), load_profiles())}
    assert sorted(exported) == sorted(path.stem for path in Path(REPOSITORY / "ledger" / "profiles").glob("*.toml"))
    levels = exported[CHONGQING]["levels"]
    assert [level["code"] for level in levels] == ["3", "4", "5", "9"]
