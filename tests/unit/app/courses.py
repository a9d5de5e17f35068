"""Homes under each profile, with one evaluation's evidence in them, day by day; rosters in each profile's own form."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import cast

from ledger.app.auditing import audit_place
from ledger.app.detailing import Photos
from ledger.app.evidence import Piece, Side, record_evidence
from ledger.app.home import Home
from ledger.app.opening import open_ledger
from ledger.app.organisations import file_organisation
from ledger.app.places import FolderPlace
from ledger.app.roster import Appended, append_roster
from ledger.app.writing import trust_of_ledger
from ledger.core.audit import Audit
from ledger.core.canonical import Value
from ledger.core.record import sign_record
from ledger.crypto.keyring import Keyring
from ledger.crypto.sealed import TEST
from ledger.store import Store
from tests.evaluation import ISSUE, ORGS, START, body_of, course, whole_filing
from tests.fixtures.forms import HEADER, SHANDONG_HEADER, ZHEJIANG_HEADER, resident, write_xlsx, zhejiang_head
from tests.simulator import PROFILES, filing, morning
from tests.unit.app.world import CONFIG, PASSPHRASE

ANHUI, CHONGQING, NATIONAL, SHANDONG, ZHEJIANG = sorted(ORGS)
NAME = "测试数据·云岭技师学院"


def birth(n: int) -> str:
    return f"199101{n + 1:02d}"


def annex6(rows: int, **changed: object) -> list[list[object]]:
    """Header and people of the form that Anhui, Chongqing and the national rule share."""
    people: list[list[object]] = []
    for n in range(rows):
        cells = ["张云岭", "201", resident(birth(n)), NAME, "车工", "数控车工", "三级/高级工", "", ISSUE, NAME, NAME]
        people.append(list((dict(zip(HEADER, cells, strict=True)) | changed).values()))
    return [list(HEADER), *people]


def shandong(rows: int, org: str = ORGS[SHANDONG], **changed: object) -> list[list[object]]:
    """Header and people of Shandong's roster, whose numbers stand in it already."""
    people: list[list[object]] = []
    for n in range(rows):
        day = f"1991-01-{n + 1:02d}"
        cells: list[object] = [
            *(n + 1, org, NAME, "张岱麓", "201", resident(birth(n), "370902"), "女", day, "13800000000", "x@y.example"),
            *("是", NAME, "2015-07", "车间一班", "2015年7月", "6-18-01-01", "车工", "数控车工", "三级/高级工"),
            *(f"{org}26300000{n + 1}", ISSUE),
        ]
        people.append(list((dict(zip(SHANDONG_HEADER, cells, strict=True)) | changed).values()))
    return [list(SHANDONG_HEADER), *people]


def zhejiang(rows: int, *, level: str = "三级", codes: Collection[str] = ()) -> list[list[object]]:
    """Head, header and people of Zhejiang's register; numbers are filled in only where `codes` has them."""
    filled = [*codes, *[""] * rows]
    head = zhejiang_head(**{"填表单位 （盖章）": NAME, "等级 ": level, "填表时间": ISSUE})
    people: list[list[object]] = [
        [n + 1, "张苕溪", "女", "1991年01月", "大专", resident(birth(n), "330503"), NAME, "8年", 86, 90.5, filled[n]]
        for n in range(rows)
    ]
    return [["职业技能等级证书核发登记表"], head, list(ZHEJIANG_HEADER), *people]


@dataclass
class Course:
    """A home of its own in which one body holds every key; the clock is set to the day of each step."""

    root: Path
    profile: str
    required: bool = True
    filed: Mapping[str, Value] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(7))
    preset: str = "masked"

    def __post_init__(self) -> None:
        self.org = ORGS[self.profile]
        evidence = "required" if self.required else "recorded"
        config = replace(CONFIG, profiles=(self.profile,), evidence=evidence, disclosure=self.preset)
        self.now = morning(START)
        self.home = Home(self.root / "home", config)
        self.seqs: dict[str, int] = {}
        open_ledger(self.home.path, config, PASSPHRASE, now=self.now, random=self.random.randbytes, kdf=TEST)
        self.filed_at = self.file(self.org, **self.filed)

    @cached_property
    def store(self) -> Store:
        return self.home.open_store()

    @property
    def keyring(self) -> Keyring:
        return self.home.open_keyring(PASSPHRASE, allow_test=True)[0]

    def on(self, day: str) -> int:
        self.now = max(self.now + 60, morning(day))
        return self.now

    def file(self, org: str, **changes: Value) -> int:
        return file_organisation(
            self.home, self.store, self.filing(org, **changes), PROFILES, PASSPHRASE,
            now=self.on(START), random=self.random.randbytes, allow_test=True,
        ).seq  # fmt: skip

    def filing(self, org: str, **changes: Value) -> dict[str, Value]:
        """What is filed: all that the profile asks for."""
        return filing(org) | whole_filing(PROFILES[self.profile]) | changes

    def assign(self, first: str, last: str, org: str = "") -> int:
        """Assign a number range, as the registrar."""
        from ledger.app.writing import publish, writing

        body: dict[str, Value] = {"first": first, "last": last, "org": org or self.org}
        log, registrar = (self.keyring.signer(name) for name in (CONFIG.origin, CONFIG.registrar))
        with writing(self.home, self.store, log, self.on(START), 2) as draft:
            seq = draft.add(sign_record("range.assign", body, registrar))
        publish(self.home, self.store)
        return seq

    def record(self, kind: str, body: Mapping[str, Value], day: str, side: Side = "organisation") -> int:
        """Record one piece of evidence."""
        pieces = [Piece(kind, dict(body), side)]
        [seq] = record_evidence(self.home, self.store, self.keyring, pieces, PROFILES, now=self.on(day))
        return seq

    def run(
        self,
        changes: Mapping[str, Mapping[str, Value]] | None = None,
        left_out: Collection[str] = (),
    ) -> "Course":
        """Record every step before the issue, spoiled as asked; return itself."""
        profile = PROFILES[self.profile]
        for due in course(profile):
            if due.label not in (*left_out, "report"):
                body = body_of(due.type, profile, self.seqs, due.label) | dict((changes or {}).get(due.label, {}))
                self.seqs[due.label] = self.record(due.type, body, due.day, cast("Side", due.by))
        return self

    @property
    def plan(self) -> int:
        return self.seqs["plan"]

    def append(
        self,
        rows: list[list[object]],
        *,
        plan: int | None = None,
        medium: str | None = None,
        issued: str = "",
        day: str = ISSUE,
        org: str | None = None,
        details: bool = False,
        photos: Photos | None = None,
    ) -> Appended:
        path = write_xlsx(self.root / "roster.xlsx", rows)
        return append_roster(
            self.home, self.store, self.keyring, path, PROFILES, org=org, now=self.on(day),
            random=self.random.randbytes, plan=plan, medium=medium, issued=issued,
            details=details, photos=photos,
        )  # fmt: skip

    def audit(self) -> Audit:
        return audit_place(FolderPlace(self.home.public), trust_of_ledger(self.store), PROFILES)

    def findings(self) -> list[str]:
        """The rules that an audit finds broken."""
        return [found.rule for found in self.audit().findings]

    def close(self) -> None:
        self.store.close()
