"""The page's instant check agrees with the core: it normalises alike, and calls good exactly what the core does."""

import json
import random
import subprocess
from pathlib import Path

import pytest
from sitegen.formats import number_formats
from sitegen.node import find_node

from ledger.app.home import load_profiles
from ledger.core.code import explain_code, match_profiles, normalise_code
from tests.site.kit import REPOSITORY

SCRIPT = """
import { inspect, normalise } from "NUMBER";
import { readFileSync } from "node:fs";
const { texts, formats } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const seen = texts.map((text) => {
  const found = inspect(text, formats);
  const fitting = (found.formats ?? []).map((format) => format.profile);
  return [normalise(text), found.state, fitting, found.problem?.position ?? 0];
});
console.log(JSON.stringify(seen));
"""


def typed_numbers() -> list[str]:
    rng = random.Random(7)
    good = ["S000050000001263000001", "Y000034030001261000001", "S000050000123999999999", "S000050000001269000010"]
    texts = [*good, "", " ", "s000050000001263000001", "S0000 5000 0001 26 3 000001"]
    texts += ["Ｓ００００５００００００１２６３００００01", "S000050000001-26-3-000001", "S000050000001\u200b263000001"]
    texts += ["S000050000001−263000001", "ſ000050000001263000001", "S000050000001263000000", "S000050000001261000001"]
    texts += ["S00005000000126300000１", "S000050000001２63000001\u3000"]
    for text in good:
        texts += [text[:length] for length in range(0, 22, 3)]
        for _ in range(60):
            at = rng.randrange(22)
            texts.append(text[:at] + rng.choice("0123456789OISYlｘ-\u00ad\u30fc中𠮷") + text[at + 1 :])
        texts.append(text + "1")
    return texts


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, list[str], int]]:
    folder = tmp_path_factory.mktemp("number")
    module = (REPOSITORY / "site" / "verifier" / "number.js").resolve().as_uri()
    script, data = folder / "run.mjs", folder / "data.json"
    script.write_text(SCRIPT.replace("NUMBER", module), "utf-8")
    formats = number_formats(load_profiles(), load_profiles())
    data.write_text(json.dumps({"texts": typed_numbers(), "formats": formats}), "utf-8")
    done = subprocess.run([str(find_node().node), str(script), str(data)], capture_output=True, text=True, check=True)
    return [tuple(row) for row in json.loads(done.stdout)]


def test_the_page_normalises_like_the_core(seen: list[tuple[str, str, list[str], int]]) -> None:
    assert [row[0] for row in seen] == [normalise_code(text) for text in typed_numbers()]


def test_the_page_calls_good_what_the_core_calls_well_formed(seen: list[tuple[str, str, list[str], int]]) -> None:
    profiles = load_profiles().values()
    for normal, state, fitting, _ in seen:
        matching = [profile.name for profile in match_profiles(normal, profiles)]
        assert (state == "good") == bool(matching), normal
        if matching:
            assert fitting == matching


def test_the_page_points_at_a_position_that_the_core_finds_too(seen: list[tuple[str, str, list[str], int]]) -> None:
    profiles = load_profiles().values()
    wrong = [(normal, position) for normal, state, _, position in seen if state == "bad"]
    assert len(wrong) > 50
    for normal, position in wrong:
        found = {finding.position for profile in profiles for finding in explain_code(normal, profile)}
        assert position in found, normal


def test_the_formats_are_the_profiles() -> None:
    exported = {str(item["profile"]): item for item in number_formats(load_profiles(), load_profiles())}
    assert sorted(exported) == sorted(path.stem for path in Path(REPOSITORY / "ledger" / "profiles").glob("*.toml"))
    levels = exported["cn-chongqing-2020-1"]["levels"]
    assert [level["code"] for level in levels] == ["3", "4", "5", "9"]
