"""A ledger for the pages that are made at the build: organisations in every state, plans, notices, certificates.

Everything is fictional (测试数据). Filed from 2026-07-01 on; results are published from 2026-10-14 to `LAST`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import cast

from ledger.core.canonical import Value
from ledger.core.published import PublishedList, digest_of_list, format_list
from ledger.core.record import sign_record
from tests.evaluation import LIST, LIST_LAST, PLAN, RESULTS, body_of
from tests.simulator import PROFILES, REGISTRAR, Simulator, filing, number, occupation, opening

__all__ = [
    "ANHUI", "DAY", "EXPIRED", "LAST", "NASTY", "NEW", "OLD", "OLDER", "REMOVED", "RETIRED", "SCHOOL", "SHANDONG",
    "Register", "listed", "make_register",
]  # fmt: skip

DAY = date(2026, 10, 20)  # results are being published
LAST = "2026-10-21"
SCHOOL = "S000050000001"
EXPIRED, RETIRED, OLD, OLDER, NEW, REMOVED = (f"S00005000000{n}" for n in range(2, 8))
ANHUI, SHANDONG = "Y000034030001", "Y000037000001"
NASTY = "<b>测试数据&“机构”</b>"
_SURNAMES = ("张", "欧阳", "𠮷", "N", "")


def listed(count: int = 3, level: str = "3") -> PublishedList:
    """A masked list of results."""
    rows = tuple((f"{_SURNAMES[n % 5]}**", f"2026{n + 1:05d}", level, "passed") for n in range(count))
    return PublishedList(("name", "ticket", "level", "result"), rows, bytes(16))


@dataclass
class Register:
    """The simulator and what lies beside its files: the published lists. `seqs` are entries by label."""

    ledger: Simulator
    lists: dict[str, bytes] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def files(self) -> dict[str, bytes]:
        return self.ledger.files() | self.lists

    def write(self, folder: Path) -> Path:
        """Write the public folder; return it."""
        for path, data in self.files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder

    def plan(self, label: str, day: str = PLAN, /, **changes: Value) -> int:
        """File a plan of the enterprise."""
        body = body_of("plan.file", PROFILES["cn-anhui-2020-1"], {}) | changes
        self.seqs[label] = self.ledger.on(day).evidence("plan.file", body, self.ledger.key(ANHUI))
        return self.seqs[label]

    def notice(self, label: str, plan: int, day: str, people: PublishedList | None = None, /, **changes: Value) -> str:
        """Open a notice of a plan's results with its list; without one it hangs on a board. Return the list's path."""
        data = format_list(people or PublishedList((), (), bytes(16)))
        count = len(people.rows) if people else 12
        body: dict[str, Value] = {"count": count, "digest": digest_of_list(data), "org": ANHUI, "plan": plan}
        body |= {"first": day, "last": LAST, "list": "results"} | changes
        seq = self.seqs[label] = self.ledger.on(day).evidence("notice.open", body, self.ledger.key(ANHUI))
        path = f"notice/{seq}.json"
        self.lists[path] = data
        return path

    def issue(self, day: str, serials: Iterable[int], org: str = SCHOOL, **changes: Value) -> list[str]:
        """Issue certificates, dated `day`, in one batch; return their numbers."""
        level = cast("str", changes.get("level", "3"))
        codes = [number(serial, org, level=level) for serial in serials]
        profile = "cn-anhui-2020-1" if org == ANHUI else "cn-chongqing-2020-1"
        facts: dict[str, Value] = {"issued": day, "profile": profile, **changes}
        self.ledger.on(day).batch(*(self.ledger.issued(1, org, None, **{**facts, "code": code}) for code in codes))
        self.codes += codes
        return codes


def make_register() -> Register:
    """Nine organisations under three notices, two plans with five notices, 32 certificates."""
    names: Value = ["cn-anhui-2020-1", "cn-chongqing-2020-1", "cn-shandong-2020-1"]
    ledger = Simulator(first=opening(profiles=names), filed=False, start="2026-07-01")
    register = Register(ledger)
    _organisations(ledger)
    first = register.issue("2026-07-20", range(1, 9))
    second = register.issue("2026-09-10", range(1, 13), level="4")
    register.issue("2026-09-10", range(1, 4), level="5")  # outside the scope: no lookup calls them valid
    register.issue("2026-09-11", range(1, 10), ANHUI, evaluator="测试数据·江岸机械厂")
    ledger.on("2026-09-12").event("revoke", first[0], effective="2026-09-12")
    ledger.event("suspend", first[1], reason="investigation", effective="2026-09-12")
    ledger.event("reissue", second[0], reason="lost", effective="2026-09-12")
    ledger.correct(second[1], level="4", issued="2026-09-10")
    _endings(ledger)
    plan = register.plan("plan")
    other = register.plan("other plan", plan="测试-2026-2", occupation=occupation(job="普通车工"))
    register.notice("candidates", plan, LIST, listed(5), last=LIST_LAST, list="candidates")
    register.notice("results", plan, RESULTS, listed(4))
    register.notice("board", other, RESULTS)
    del register.lists[register.notice("erased", other, RESULTS, listed(2))]
    register.notice("coming", plan, RESULTS, listed(6), first="2026-10-22", last="2026-10-29")
    return register


def _organisations(ledger: Simulator) -> None:
    scope: Value = [
        {"levels": ["3", "4"], "occupation": occupation(), "standard": {"kind": "national"}},
        {"levels": ["5"], "occupation": {"code": "6-18-01-02", "name": "铣工"}},
    ]
    ledger.file(SCHOOL, scope=scope, office="测试路1号", receipt="测备〔2026〕1号")
    ledger.file(EXPIRED, name="测试数据·过期学校", valid_to="2026-09-30")
    for org, name in ((RETIRED, "退出"), (OLD, "合并前甲"), (OLDER, "合并前乙"), (NEW, "合并后"), (REMOVED, "移出")):
        ledger.file(org, name=f"测试数据·{name}学校")
    jobs: Value = [{"levels": ["3", "4"], "occupation": occupation(job=job)} for job in ("数控车工", "普通车工")]
    changed: dict[str, Value] = {"profile": "cn-anhui-2020-1", "scope": jobs, "kind": "private", "office": "测试路2号"}
    ledger.file(ANHUI, name="测试数据·旧名机械厂", **changed)
    titles: Value = [{"level": "1", "name": "首席技师"}]
    ledger.file(SHANDONG, name=NASTY, profile="cn-shandong-2020-1", titles=titles)
    ledger.evidence("range.assign", {"first": number(1), "last": number(500), "org": SCHOOL})
    for level in "45":
        numbers: dict[str, Value] = {"first": number(1, level=level), "last": number(500, level=level), "org": SCHOOL}
        ledger.evidence("range.assign", numbers)
    ledger.on("2026-07-10").evidence("org.amend", filing(ANHUI, name="测试数据·江岸机械厂", **changed))


def _endings(ledger: Simulator) -> None:
    key = ledger.key(REMOVED).key.key_id.hex()
    revoked: dict[str, Value] = {"key_id": key, "org": REMOVED, "reason": "compromised"}
    ledger.on("2026-09-14").evidence("key.revoke", revoked)
    ledger.evidence("org.retire", {"org": RETIRED, "reason": "closed"})
    ledger.evidence("org.remove", {"org": REMOVED, "reason": "misconduct"})
    merged: list[dict[str, Value]] = [{"into": NEW, "org": org, "reason": "merged"} for org in (OLD, OLDER)]
    retired = [sign_record("org.retire", body, REGISTRAR) for body in merged]
    ledger.batch(*retired, sign_record("org.merge", {"from": [OLD, OLDER], "org": NEW}, REGISTRAR))
