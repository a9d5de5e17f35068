"""Zhejiang on two machines, by the command line alone: from the plan to the register filled in with given numbers."""

import re
from pathlib import Path

import openpyxl
import pytest

from tests.cli.cases import OPEN, Ran, ledger, must
from tests.evaluation import EXAM, ISSUE, LAST, LIST, LIST_LAST, ORGS, PLAN, RESULTS, SECOND, START, whole_filing
from tests.fixtures.forms import write_xlsx
from tests.simulator import PROFILES, filing, morning
from tests.unit.app.courses import ZHEJIANG, zhejiang

ORG = ORGS[ZHEJIANG]
FIRST, FINAL = f"{ORG}26K000001", f"{ORG}26K000009"
PLAN_TOML = f"""
org = "{ORG}"
plan = "测试-2026-1"
occupation = {{code = "6-18-01-01", name = "车工", job = "数控车工"}}
levels = ["3"]
exam_from = {EXAM}
exam_to = {SECOND}
place = "实训楼（测试数据）"
method = "theory-practice"
candidates = 30
categories = ["own-staff"]
bases = ["standard"]
staff = {{examiners = 5, supervisors = 2, invigilators = 2}}
bank = {{items = 600, examiners = 3}}
insured_months = 12
"""


def toml(values: dict[str, object]) -> str:
    """A filing as TOML; every value in it has JSON's spelling, but for the scope."""
    import json

    scope = values.pop("scope")
    assert isinstance(scope, list)
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if name != "legal"]
    for row in scope:
        lines += ["[[scope]]", f"levels = {json.dumps(row['levels'])}"]
        for name in ("occupation", "standard"):
            inner = ", ".join(f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in row[name].items())
            lines.append(f"{name} = {{{inner}}}")
    return "\n".join(lines) + "\n"


class Machines:
    """The authority's home and the organisation's, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, morning(START)

    def on(self, day: str) -> None:
        self.now = max(self.now + 60, morning(day))

    def authority(self, *words: str) -> Ran:
        self.now += 60
        return ledger(self.folder, "--home", "home", *words, now=self.now)

    def own(self, *words: str) -> Ran:
        self.now += 60
        return ledger(self.folder, "--home", "own", *words, now=self.now)

    def carry(self, *words: str) -> int:
        """Sign with `words` on the organisation's machine, append the batch at the authority's; the entry's number."""
        ran = must(self.own(*words, "--in", "home/public", "--out", "batch.txt"))
        assert "signed, and not in the ledger yet" in ran.err
        done = must(self.authority("append", "batch.txt"))
        found = re.search(r"entries (\d+) to", done.out)
        assert found is not None
        return int(found[1])


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    """Joined and filed, in a ledger that asks for evidence."""
    made = Machines(tmp_path)
    opened = (*OPEN, "--profile", ZHEJIANG, "--evidence", "required", "--test-keys")
    must(made.authority(*opened))
    joined = must(made.own("join", "home/public", "--org", ORG, "--test-keys"))
    found = re.search(rf"({ORG}\+\S+)", joined.out)
    assert found is not None
    told: dict[str, object] = {**filing(ORG), **whole_filing(PROFILES[ZHEJIANG]), "legal": "测试人"}
    text = toml(dict(told)).replace("[[scope]]", 'legal = "测试人"\n[[scope]]', 1)
    (tmp_path / "filing.toml").write_text(text, encoding="utf-8")
    must(made.authority("org", "file", "filing.toml", "--key", found[1]))
    (tmp_path / "plan.toml").write_text(PLAN_TOML, encoding="utf-8")
    return made


def points() -> str:
    form = next(form for form in PROFILES[ZHEJIANG].supervision if form.id == "internal")
    scores = "\n".join(f"{item.id} = {item.points[0]}" for item in form.items)
    return f"held = {SECOND}\nvetoes = []\n[points]\n{scores}\n"


@pytest.mark.domain("A18", "D4", "F3", "F4", "F6", "G4", "G7")
def test_from_the_plan_to_the_filled_register(machines: Machines) -> None:
    folder = machines.folder
    machines.on(PLAN)
    plan = str(machines.carry("plan", "file", "plan.toml"))
    assert plan in must(machines.own("plan", "list", "--in", "home/public")).out
    machines.on(LIST)
    opened = ("notice", "open", "--plan", plan, "--last", LIST_LAST, "--list", "candidates", "--count", "30")
    candidates = machines.carry(*opened)
    machines.on(LIST_LAST)
    machines.carry("notice", "close", str(candidates), "--objections", "0", "--settled", "0")
    machines.on(RESULTS)
    listed = ("notice", "open", "--plan", plan, "--last", LAST, "--list", "results", "--count", "28")
    results = machines.carry(*listed)
    machines.on(LAST)
    machines.carry("notice", "close", str(results), "--objections", "0", "--settled", "0", "--passed", "2")
    must(machines.authority("plan", "approve", plan, "--step", "recheck"))
    (folder / "report.toml").write_text(points(), encoding="utf-8")
    machines.carry("plan", "supervise", plan, "report.toml", "--form", "internal")
    must(machines.authority("plan", "approve", plan, "--step", "codes", "--first", FIRST, "--last", FINAL))
    machines.on(ISSUE)
    write_xlsx(folder / "register.xlsx", zhejiang(2))
    signing = ("sign", "register.xlsx", "--in", "home/public", "--out", "batch.txt", "--issued", ISSUE)
    without = machines.own(*signing)
    assert without.code == 1
    assert "code.not_given" in without.out
    signed = must(machines.own(*signing, "--plan", plan, "--medium", "paper"))
    assert f"{FIRST} to {FIRST[:-1]}2" in signed.out
    must(machines.authority("append", "batch.txt"))
    collected = must(machines.own("collect", "home/public"))
    [form] = [line.strip() for line in collected.out.splitlines() if line.endswith("certificates.xlsx")]
    cells = [cell for row in openpyxl.load_workbook(folder / form).worksheets[0].values for cell in row]
    assert {FIRST, f"{FIRST[:-1]}2", "序号", "文化程度"} <= set(cells)
    assert must(ledger(folder, "verify", "home/public", now=machines.now)).code == 0
    printing = ("print", "--site", "https://verify.example.cn/", "--out", "papers", "--qr", "proof")
    batch = re.search(r"batch(?:es)? ([0-9a-f]{8,})", collected.out + signed.out)
    assert batch is not None
    printed = must(machines.own(*printing, "--batch", batch[1][:8], "--in", "home/public"))
    assert f"{FIRST}.pdf" in printed.out
    trusted = ("--trust", "own/trust.json")
    checked = must(ledger(folder, "check", "--pdf", f"papers/{FIRST}.pdf", *trusted, now=machines.now))
    assert "the text of the PDF is the signed one" in checked.err
    other = machines.own(*printing, f"{FIRST[:-1]}8", "--in", "home/public")
    assert (other.code, "was not signed on this machine" in other.err) == (1, True)
    assert machines.own(*printing, FIRST).code == 2
    assert machines.authority(*printing, FIRST, "--in", "home/public").code == 2
    unknown = machines.authority(*printing, FIRST)
    assert (unknown.code, "the holder's data" in unknown.err) == (1, True)
    exporting = ("export", "--site", "https://verify.example.cn/", "--out", "credentials", "--with-name")
    must(machines.own(*exporting, "--batch", batch[1][:8], "--in", "home/public"))
    credential = ("check", "--credential", f"credentials/{FIRST}.json", "--in", "home/public", *trusted)
    stands = must(ledger(folder, *credential, now=machines.now))
    assert "what the credential says is what the ledger says" in stands.err
    assert machines.own(*exporting, FIRST).code == 2
    assert machines.authority(*exporting, FIRST, "--in", "home/public").code == 2
    assert machines.authority(*exporting, FIRST).code == 1
    revoked = machines.carry("revoke", FIRST, "--reason", "fraud")
    assert revoked > 0
    assert ledger(folder, "check", FIRST, "--in", "home/public", now=machines.now + 60).code == 1
    assert ledger(folder, *credential, now=machines.now + 60).code == 1


def test_in_each_home_the_options_of_its_own(machines: Machines) -> None:
    machines.on(PLAN)
    lacking = machines.own("plan", "file", "plan.toml")
    assert (lacking.code, "name the public folder with --in" in lacking.err) == (2, True)
    assert machines.own("plan", "list").code == 2
    wrong = machines.authority("plan", "file", "plan.toml", "--in", "home/public", "--out", "b.txt")
    assert (wrong.code, "for an organisation's own home" in wrong.err) == (2, True)
    approve = machines.own("plan", "approve", "3", "--step", "codes", "--in", "home/public")
    assert approve.code == 2
    late = machines.own("revoke", FIRST, "--reason", "fraud", "--in", "home/public", "--out", "b.txt")
    assert (late.code, "not in this ledger" in late.err) == (1, True)
    assert not (machines.folder / "b.txt").exists()
