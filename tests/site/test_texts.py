"""Every word a report can need is in the catalogues, in both languages, and nothing there is without use."""

import ast
import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from sitegen.errors import SiteError
from sitegen.notices import State as NoticeState
from sitegen.organisations import DETAILS, STATES
from sitegen.texts import LANGUAGES, Catalogue, load_texts, lookup_texts

from ledger.app.reports import DIMENSIONS
from ledger.app.reports import STATES as REPORT_STATES
from ledger.app.suppression import Hidden
from ledger.core import body, report
from ledger.core.disclosure import PRIVATE_FIELDS
from ledger.core.published import COLUMNS, RESULTS
from tests.site.kit import REPOSITORY

CORE = REPOSITORY / "ledger" / "core"
TEXTS = load_texts()
# Methods of the procedure that give a step its outcome: their second argument is a reason code.
OUTCOMES = {"passed", "failed", "unknown", "undecided"}
# Rules that a lookup cannot meet: they belong to the audit, to disclosures being made, or to profiles.
RULE_MODULES = ("registry.py", "rules.py", "history.py")


def strings(node: ast.AST) -> set[str]:
    """The string constants an expression can have as its value."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        return strings(node.body) | strings(node.orelse)
    return set()


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]


def reason_codes() -> set[str]:
    """The codes that verify and the rules it calls can give, read from their source."""
    found: set[str] = {"not_reached"}
    for call in (*calls(CORE / "verify.py"), *calls(CORE / "shardcheck.py")):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if name in OUTCOMES and len(call.args) >= 2:
            found |= strings(call.args[1])
    for module in RULE_MODULES:
        for call in calls(CORE / module):
            if isinstance(call.func, ast.Name) and call.func.id == "RuleError":
                found |= strings(call.args[0])
    return found


def test_reason_codes_are_found_in_the_source() -> None:
    assert {"well_formed", "checkpoint_signature", "unreachable", "scope", "record_signature"} <= reason_codes()
    assert len(reason_codes()) > 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_code_has_a_text(language: str) -> None:
    words = {*reason_codes(), *report.VERDICTS} - {"not_checked", "inconsistent", "unreadable"}
    missing = sorted(code for code in words if f"reason.{code}" not in TEXTS[language])
    assert missing == []


def test_no_reason_text_is_without_a_code() -> None:
    known = {*reason_codes(), *report.VERDICTS}
    listed = {key.removeprefix("reason.") for key in TEXTS["zh"] if key.startswith("reason.")}
    source = "".join(path.read_text("utf-8") for path in CORE.glob("*.py"))
    unused = sorted(code for code in listed - known if f'"{code}"' not in source)
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_step_state_and_event_has_its_texts(language: str) -> None:
    wanted = [f"verdict.{name}{part}" for name in report.VERDICTS for part in ("", ".meaning", ".advice")]
    wanted += [f"step.{step}{part}" for step in report.STEP_IDS for part in ("", ".plain")]
    wanted += [f"state.{state}" for state in ("pass", "fail", "unknown", "not_reached")]
    wanted += [f"event.certificate.{kind}" for kind in ("issue", "correct", "reissue", "suspend", "restore", "revoke")]
    wanted += [f"event.by.{side}" for side in ("organisation", "registrar")]
    wanted += [f"organisation.{state}" for state in ("filed", "expired", "retired", "removed")]
    assert [key for key in wanted if key not in TEXTS[language]] == []


def test_every_reason_of_an_event_has_a_text() -> None:
    names = {name for name in dir(body) if "REASON" in name}
    words = {word for name in names for word in getattr(body, name)}
    listed = {key.removeprefix("event_reason.") for key in TEXTS["zh"] if key.startswith("event_reason.")}
    assert words
    assert words <= listed


def test_every_text_the_scripts_ask_for_exists() -> None:
    scripts = "".join(path.read_text("utf-8") for path in sorted((REPOSITORY / "site" / "verifier").glob("*.js")))
    asked = set(re.findall(r'(?:text|row)\("([a-z._-]+)"', scripts))
    failures = set(re.findall(r'new Failure\("([a-z-]+)"', scripts))
    wanted = asked | {f"failure.{reason}" for reason in failures}
    assert len(asked) > 30
    assert sorted(key for key in wanted if key not in TEXTS["en"]) == []


@pytest.mark.parametrize("catalogue", ["page", "pages"])
def test_no_text_of_a_page_is_without_use(catalogue: str) -> None:
    site = REPOSITORY / "site"
    sources = [*site.glob("verifier/*.js"), *site.glob("templates/*.j2")]
    sources += [*(REPOSITORY / "build" / "sitegen").glob("*.py")]
    used = "".join(path.read_text("utf-8") for path in sources)
    page = tomllib.loads((site / "locales" / f"{catalogue}.toml").read_text("utf-8"))
    # Put together from parts: the parts of a number, the numbered points, the reasons of a failure; states, columns.
    made = re.compile(
        r"part\.|how\.[123]|failure\.|progress\.|organisations\.state\.|organisation\.detail\.|organisation\.\w+\.text|"
        r"notice\.(running|coming|ended|candidates|results)$|notice\.(column|result)\.|figures\.(by|column|state)\.|"
        r"figures\.(small|withheld)|match\.(masked|name|doc_no)\.(yes|no)$|ways\.(pdf|file)\.|camera\.|"
        r"pdf\.(code|occupation|level|issued|evaluator|job|name|doc_no)$|fact\.(doc_type|doc_no|employer)$|many\.|(offline|receipt)\.(verdict|note|advice)$|"
        r"share\.field\.|audit\.running\.|details\.(missing|unreachable|damaged|differs)$"
    )
    assert [key for key in page if not made.match(key) and f'"{key}"' not in used and f"'{key}'" not in used] == []


def test_what_is_put_together_from_parts_is_there() -> None:
    """The ids that templates make from a state, a column, a table."""
    states = [f"organisations.state.{state}" for state in STATES]
    states += [f"organisation.{state}.text" for state in STATES]
    states += [f"notice.{state}" for state in get_args(NoticeState)]
    states += [f"notice.{kind}" for kind in ("candidates", "results")]
    columns = [f"notice.column.{column}" for column in COLUMNS] + [f"notice.result.{result}" for result in RESULTS]
    columns += [f"audit.running.{phase}" for phase in ("entries", "shards", "copies")]
    figures = [f"figures.{part}.{name}" for name in DIMENSIONS for part in ("by", "column")]
    figures += [f"figures.{hidden.value}" for hidden in (Hidden.SMALL, Hidden.WITHHELD)]
    figures += [f"figures.state.{state}" for state in REPORT_STATES]
    details = [f"organisation.detail.{name}" for name in DETAILS]
    matches = [f"match.{field}.{answer}" for field in ("name", "doc_no") for answer in ("yes", "no")]
    fields = [f"share.field.{field}" for field in PRIVATE_FIELDS]
    wanted = [*states, *columns, *figures, *details, *matches, *fields]
    wanted += [f"event_reason.{word}" for word in body.REASONS]
    assert [key for key in wanted if key not in TEXTS["zh"]] == []


def test_the_lookup_s_script_gets_its_own_texts_only() -> None:
    given = lookup_texts(TEXTS["en"])
    assert "verdict.valid" in given
    assert "failure.timeout" in given
    assert "notices.title" not in given


def test_the_languages_have_the_same_names_to_fill_in() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    differing = [key for key, text in TEXTS["zh"].items() if names(text) != names(TEXTS["en"][key])]
    assert differing == []


def test_a_missing_text_stops_the_build() -> None:
    with pytest.raises(SiteError, match="no such id"):
        Catalogue({})["no such id"]
