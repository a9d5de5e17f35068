#!/usr/bin/env python3
"""A demonstration: three organisations, 240 fictional people, a site that proves six numbers. One command.

    python3 scripts/demo.py                      # makes .demo, then serves it at http://127.0.0.1:8000/
    python3 scripts/demo.py --home D --no-serve  # makes D and ends
    python3 scripts/demo.py --port 9000

D/home is the ledger, D/site the site, D/samples the workbooks and filings, D/anchor the anchor; D/demo.json says
where they are and which numbers to try. Running it again starts afresh, in a folder that a demonstration made and in
no other. Everything is fictional (测试数据) and sealed with weak test keys: never use it for a real ledger.

Standard library only until the environment is there.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import environment

if TYPE_CHECKING:  # they need the environment
    from sample_rosters import Organisation

MARK = ".ledger-demo"  # a folder made here carries this file; only such a folder is emptied
OWN = ("home", "site", "samples", "state", "anchor", "passphrase", "demo.json")
STARTED = "LEDGER_DEMO_STARTED"  # when the first process began, before the environment was made
ORIGIN, REGISTRAR = "demo.invalid/ledger", "demo.invalid/registrar"
PORT = 8000
CANDIDATES = 24  # people on the list that is published
KINDS = {
    "valid": "有效 / valid",
    "revoked": "已撤销 / revoked",
    "suspended": "已暂停 / suspended",
    "corrected": "有更正 / corrected",
    "reissued": "已补发 / reissued",
    "absent": "不在账本中 / absent",
}


class Sample(NamedTuple):
    """A fictional organisation, how many people it tests, its files' stem, its crowd of documents."""

    organisation: "Organisation"
    rows: int
    stem: str
    crowd: int


class DemoError(Exception):
    """The demonstration stops; the message is in both languages."""


def say(chinese: str, english: str) -> None:
    """A line of the demonstration's own."""
    print(f"· {chinese} / {english}", flush=True)


def prepare(folder: Path) -> None:
    """Make an empty folder for the demonstration. Raises DemoError where somebody else's files are."""
    if folder.exists() and not folder.is_dir():
        raise DemoError(f"{folder} 不是文件夹 / {folder} is not a folder")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file():
            raise DemoError(
                f"{folder} 不是空的，也不是演示做的文件夹：请换一个 / "
                f"{folder} is not empty and no demonstration made it: choose another"
            )
        say(f"清空以前的演示 {folder}", f"emptying the earlier demonstration in {folder}")
        for path in list(folder.iterdir()):
            if path.name in OWN or path.name.startswith(".site-"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("测试数据：scripts/demo.py 可以清空这个文件夹。\n", encoding="utf-8")


def samples(today: date) -> list[Sample]:
    """The two organisations, filed for the years around today, so that the demonstration works on any day."""
    from sample_rosters import ENTERPRISE, SCHOOL

    first, last = f"{today.year - 1}-01-01", f"{today.year + 1}-12-31"
    return [
        Sample(SCHOOL._replace(valid_from=first, valid_to=last), 130, "chongqing-school", 0),
        Sample(ENTERPRISE._replace(valid_from=first, valid_to=last), 110, "anhui-enterprise", 1),
    ]


def filing(organisation: "Organisation") -> str:
    """The filing of an organisation as TOML; JSON strings and lists are TOML too."""
    names = ("org", "name", "uscc", "profile", "valid_from", "valid_to")
    lines = ["# 测试数据，纯属虚构 / fictional"]
    lines += [f"{name} = {_text(getattr(organisation, name))}" for name in names]
    for code, name, job, levels in organisation.jobs:
        with_job = f", job = {_text(job)}" if job else ""
        lines.append(f"\n[[scope]]\noccupation = {{code = {_text(code)}, name = {_text(name)}{with_job}}}")
        lines.append(f"levels = {json.dumps(list(levels))}")
    return "\n".join(lines) + "\n"


def plan(organisation: "Organisation", exam: date) -> str:
    """The plan of an evaluation as TOML."""
    code, name, job, levels = organisation.jobs[0]
    return f"""# 测试数据，纯属虚构 / fictional
org = {_text(organisation.org)}
plan = "测试-{exam.year}-1"
occupation = {{code = {_text(code)}, name = {_text(name)}, job = {_text(job)}}}
levels = {json.dumps(sorted(levels))}
exam_from = {exam}
exam_to = {exam + timedelta(days=1)}
place = "实训车间（虚构）"
method = "examination"
candidates = {CANDIDATES}
categories = ["own-staff"]
bases = ["standard"]
staff = {{examiners = 5, supervisors = 2, invigilators = 2}}
"""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


class Demo:
    """The demonstration in one folder; every step is a command of `ledger`, shown as it would be typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home, self.site = folder / "home", folder / "site"
        self.settings = {**os.environ, "LEDGER_TEST_KEYS": "1", "LEDGER_HOME": str(self.home)}

    def ledger(self, *arguments: str) -> None:
        """Run one command of the command line in this process. Raises DemoError unless it exits with 0."""
        from ledger.cli import run

        print(f"\n$ ledger {' '.join(arguments)}", flush=True)
        keys = ["--passphrase-file", str(self.folder / "passphrase")]
        code = run([*arguments, *keys], environment=self.settings)
        if code:
            raise DemoError(f"ledger {arguments[0]} 以退出码 {code} 结束 / ended with exit code {code}")

    def open(self) -> None:
        """Open the ledger with test keys."""
        (self.folder / "passphrase").write_text("demonstration\n", "ascii")
        names = ["--origin", ORIGIN, "--registrar", REGISTRAR, "--operator", "测试数据·演示账本"]
        self.ledger("open", *names, "--anchor", str(self.folder / "anchor"), "--test-keys")

    def issue(self, sample: Sample, issued: date) -> None:
        """File an organisation and append its workbook."""
        from sample_rosters import make_roster

        folder = self.folder / "samples"
        folder.mkdir(exist_ok=True)
        file, roster = folder / f"{sample.stem}.toml", folder / f"{sample.stem}.xlsx"
        file.write_text(filing(sample.organisation), "utf-8")
        make_roster(roster, sample.rows, 1, sample.organisation, notable=True, issued=issued, crowd=sample.crowd)
        self.ledger("org", "file", str(file))
        self.ledger("append", str(roster))

    def announce(self, today: date) -> None:
        """File a third organisation and its plan, and publish the list of candidates, which runs for a week.

        Its notice counts no working days: the calendar of next year may not be known yet.
        """
        from sample_rosters import WORKSHOP, make_candidates

        from ledger.app.evidence import read_workflow
        from ledger.app.home import Home, load_profiles

        workshop = WORKSHOP._replace(valid_from=f"{today.year - 1}-01-01", valid_to=f"{today.year + 1}-12-31")
        folder = self.folder / "samples"
        file, planned = folder / "shandong-workshop.toml", folder / "plan.toml"
        file.write_text(filing(workshop), "utf-8")
        planned.write_text(plan(workshop, today + timedelta(days=14)), "utf-8")
        people = make_candidates(folder / "candidates.xlsx", CANDIDATES, 1, workshop)
        self.ledger("org", "file", str(file))
        self.ledger("plan", "file", str(planned))
        with Home.at(self.home).open_store() as store:
            _registry, workflow = read_workflow(store, load_profiles())
        seq = next(step.seq for step in workflow.steps.values() if step.type == "plan.file")
        last = (today + timedelta(days=7)).isoformat()
        listed = ["--list", "candidates", "--from", str(people), "--last", last]
        self.ledger("notice", "open", "--plan", str(seq), *listed)

    def numbers(self) -> dict[str, str]:
        """Choose a number for each thing that can happen to one; the absent one was never issued."""
        from sample_rosters import ENTERPRISE, SCHOOL

        from ledger.app.home import Home, load_profiles

        with Home.at(self.home).open_store() as store:
            codes = [row.code for row in store.certificates(0, store.size())]
        school = [code for code in codes if code.startswith(SCHOOL.org)]
        enterprise = [code for code in codes if code.startswith(ENTERPRISE.org)]
        serial, _ = load_profiles()[SCHOOL.profile].places["serial"]
        absent = f"{max(school)[:serial]}{int(max(school)[serial:]) + 1000:06d}"
        chosen = (school[0], school[1], enterprise[0], school[2], enterprise[1], absent)
        return dict(zip(KINDS, chosen, strict=True))

    def events(self, numbers: Mapping[str, str]) -> None:
        """Revoke, suspend, correct and reissue one certificate each."""
        change = self.folder / "samples" / "correction.toml"
        change.write_text('# 测试数据 / fictional\nname = "测试更正"\n', "utf-8")
        self.ledger("revoke", numbers["revoked"], "--reason", "fraud")
        self.ledger("suspend", numbers["suspended"], "--reason", "investigation", "--by", "registrar")
        self.ledger("correct", numbers["corrected"], "--reason", "name_change", "--from", str(change))
        self.ledger("reissue", numbers["reissued"], "--reason", "lost")

    def describe(self, numbers: Mapping[str, str]) -> None:
        """Write demo.json, last: a folder without it is no finished demonstration."""
        value = {"site": "site", "public": "home/public", "home": "home", "numbers": dict(numbers)}
        text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
        draft = self.folder / ".demo.json.tmp"
        draft.write_text(text, "utf-8")
        draft.replace(self.folder / "demo.json")

    def make(self) -> dict[str, str]:
        """Do everything but serving; return the numbers to try."""
        from ledger.core.encoding import local_date

        today = local_date(int(time.time()))
        self.open()
        for sample in samples(today):
            self.issue(sample, today - timedelta(days=3))
        numbers = self.numbers()
        self.events(numbers)
        self.announce(today)
        self.ledger("build", "--out", str(self.site))
        self.describe(numbers)
        return numbers


def program() -> Path:
    """The command `ledger` of the environment, as it would be typed here."""
    ledger = environment.BINARIES / "ledger"
    return ledger.relative_to(environment.ROOT) if Path.cwd() == environment.ROOT else ledger


def show(demo: Demo, numbers: Mapping[str, str], base: str) -> None:
    """Print what to try."""
    print("\n试一试 / what to try（全部是测试数据 / all data is fictional）\n")
    for kind, number in numbers.items():
        print(f"  {number}  {base}#{number}  {KINDS[kind]}")
    print(f"\n  {program()} check {numbers['valid']} --in {demo.site}")
    print(f"  {program()} verify {demo.site}")
    pages = {"organisations/": "评价机构 / organisations", "notices/": "公示 / notices", "report/": "统计 / figures"}
    print("\n" + "\n".join(f"  {base}{path}  {title}" for path, title in pages.items()))
    outputs = demo.home / "outputs"
    print(f"\n  {outputs}：填好的表和持证人的验证码 / the filled forms and the holders' codes", flush=True)


def serve(demo: Demo, numbers: Mapping[str, str], port: int | None) -> None:
    """Serve the site with the headers of production until Ctrl-C; without a wish any free port is good enough."""
    from sitegen.errors import SiteError
    from sitegen.server import make_server

    try:
        server = make_server(demo.site, PORT if port is None else port)
    except SiteError:
        if port is not None:
            raise
        server = make_server(demo.site, 0)
    with server:
        show(demo, numbers, f"http://127.0.0.1:{server.server_address[1]}/")
        print("\n按 Ctrl-C 停止 / Ctrl-C stops the server", flush=True)
        server.serve_forever()


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path(".demo"), help="the demonstration's folder (default .demo)")
    parser.add_argument("--no-serve", action="store_true", help="do not serve the site")
    parser.add_argument("--port", type=int, help=f"the port (default {PORT}, or a free one if it is taken)")
    options = parser.parse_args()
    os.environ.setdefault(STARTED, str(time.time()))
    environment.enter("runtime")
    environment.node()
    from sitegen.errors import SiteError

    demo = Demo(options.home)
    try:
        prepare(options.home)
        numbers = demo.make()
        spent = time.time() - float(os.environ[STARTED])
        print()
        say(f"演示完成，用时 {spent:.0f} 秒", f"the demonstration is ready after {spent:.0f} s")
        if options.no_serve:
            show(demo, numbers, f"http://127.0.0.1:{options.port or PORT}/")
            shown = f"{program()} serve {demo.site}" + (f" --port {options.port}" if options.port else "")
            print(f"\n打开站点 / to serve it: {shown}")
        else:
            serve(demo, numbers, options.port)
    except (DemoError, SiteError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已停止 / stopped", file=sys.stderr)
        return 0 if (options.home / "demo.json").is_file() else 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
