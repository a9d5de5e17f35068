"""Sample rosters: fictional people in the exact Annex-6 form, the same for the same seed.

    python scripts/sample_rosters.py FOLDER            two workbooks, 130 and 110 people
    python scripts/sample_rosters.py FOLDER --rows N   one of N people, for measuring

Nobody is real: resident identity numbers have the sequence 000, which is never given out, and a right check
digit; organisations and employers are invented, and every workbook says 测试数据.
"""

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from ledger.core.profile import Profile
from ledger.forms.documents import check_digit
from ledger.forms.roster import FORM
from ledger.forms.workbook import write_workbook
from ledger.profiles import load

__all__ = [
    "ENTERPRISE", "SCHOOL", "WORKSHOP", "Organisation", "make_candidates", "make_roster", "people", "write_samples",
]  # fmt: skip

MARK = "测试数据"
ISSUED = date(2026, 11, 18)


class Organisation(NamedTuple):
    """A fictional organisation: what its filing and its roster need. `jobs`: (occupation code, name, job, levels)."""

    org: str
    name: str
    profile: str
    uscc: str
    valid_from: str
    valid_to: str
    jobs: tuple[tuple[str, str, str, str], ...]
    employers: tuple[str, ...]


SCHOOL = Organisation(
    "S000050000001",
    "重庆云岭技师学院（虚构）",
    "cn-chongqing-2020-1",
    "125000000000000171",
    "2025-01-01",
    "2027-12-31",
    (("6-18-01-01", "车工", "数控车工", "3459"),),
    ("重庆云岭技师学院（虚构）", "重庆云岭技师学院第二校区（虚构）"),
)
ENTERPRISE = Organisation(
    "Y000034030001",
    "安徽江岸机械制造有限公司（虚构）",
    "cn-anhui-2020-1",
    "91340300000000019L",
    "2025-06-01",
    "2028-05-31",
    (("6-18-01-01", "车工", "数控车工", "12345"), ("6-18-01-01", "车工", "", "345")),
    ("安徽江岸机械制造有限公司（虚构）", "江岸劳务派遣有限公司（虚构）", "江岸精密零件厂（虚构）"),
)

WORKSHOP = Organisation(
    "Y000037000001",
    "山东泰麓机械有限公司（虚构）",
    "cn-shandong-2020-1",
    "91370900000000025L",
    "2025-06-01",
    "2028-05-31",
    (("6-18-01-01", "车工", "数控车工", "345"),),
    ("山东泰麓机械有限公司（虚构）",),
)

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "令狐")
_GIVEN = "云岭江岸石青松柏禾苗禹舟帆砚墨竹溪川谷屿晨曦岚霁朔望初末安宁和平"
# What a form made for 张三 gets wrong. The interpunct is U+00B7; 㐂 is in extension A, 𠮷 and 𬱖 beyond the
# BMP.
_NOTABLE = (
    "㐂云岭",
    "𠮷田禾",
    "张𬱖",
    "㼆石",
    "欧阳青松",
    "司马禾",
    "阿卜杜热西提·买买提",
    "古丽娜尔·阿不都克里木",
    "Nguyễn Văn Minh",
    "JOHN Q. SAMPLE",
    "〇一禾",
    "迪丽拜尔·阿布力克木·玉素甫江·艾合买提江·吐尔逊",
)
_DISTRICTS = ("500112", "340302", "330503", "370902", "340303", "500103")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def write_samples(folder: Path, seed: int = 1) -> list[Path]:
    """Write the two workbooks, of SCHOOL and ENTERPRISE, into `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    samples = ((SCHOOL, 130, "chongqing-school"), (ENTERPRISE, 110, "anhui-enterprise"))
    for crowd, (organisation, rows, stem) in enumerate(samples):
        path = folder / f"{stem}.xlsx"
        make_roster(path, rows, seed, organisation, notable=True, crowd=crowd)
        paths.append(path)
    return paths


def make_roster(
    path: Path,
    rows: int,
    seed: int = 1,
    organisation: Organisation = SCHOOL,
    *,
    notable: bool = False,
    issued: date = ISSUED,
    crowd: int = 0,
) -> Path:
    """Write a workbook of `rows` fictional people. `notable` ones have names and documents of every kind.

    People of different `crowd` (0..5) have different documents.
    """
    profile = load(organisation.profile)
    form = profile.form(FORM)
    above = (f"{form.title}（{MARK}）", f"填报单位（章）：{organisation.name}　{MARK}，人员均为虚构")
    header = [column.header for column in form.columns]
    widths = (24, 10, 24, 36, 12, 14, 16, 26, 14, 36, 36)
    write_workbook(
        path,
        MARK,
        header,
        people(rows, seed, organisation, profile, notable, issued, crowd),
        above=above,
        widths=widths,
    )
    return path


def make_candidates(path: Path, rows: int, seed: int, organisation: Organisation) -> Path:
    """Write a list of `rows` fictional candidates for a notice: names, admission tickets, levels."""
    rng = random.Random(seed)  # noqa: S311 - the same people every time
    filed = organisation.jobs[0][3]
    levels = [level.zh for level in load(organisation.profile).levels if level.code in filed]
    lines = ((_name(rng), f"{n:06d}", levels[n % len(levels)]) for n in range(1, rows + 1))
    above = (f"参加认定人员名单（{MARK}，人员均为虚构）",)
    write_workbook(path, MARK, ("姓名", "准考证号码", "职业技能等级"), lines, above=above, widths=(14, 18, 18))
    return path


def people(
    rows: int, seed: int, organisation: Organisation, profile: Profile, notable: bool, issued: date, crowd: int
) -> Iterator[tuple[str, ...]]:
    """Yield the cells of `rows` people in the order of the form. No two have the same document."""
    rng = random.Random(seed + 1000 * crowd)  # noqa: S311 - the same people every time
    names = {level.code: level.zh for level in profile.levels}
    kinds = [_other_document(kind, crowd) for kind in ("210", "237", "213", "238", "208", "233", "227", "239", "299")]
    births = [date(1960, 1, 1) + timedelta(days=day) for day in range(46 * 365)]
    for n in range(rows):
        name = _NOTABLE[n] if notable and n < len(_NOTABLE) else _name(rng)
        if notable and len(_NOTABLE) <= n < len(_NOTABLE) + len(kinds):
            doc_type, doc_no = kinds[n - len(_NOTABLE)]
        else:
            doc_type, doc_no = (
                "201",
                _resident(_DISTRICTS[(n // len(births) + crowd) % len(_DISTRICTS)], births[n % len(births)]),
            )
        _, occupation, job, levels = organisation.jobs[n % len(organisation.jobs)]
        day = issued - timedelta(days=n % 3)
        yield (
            name,
            doc_type,
            doc_no,
            rng.choice(organisation.employers),
            occupation,
            job or "——",
            names[levels[n // len(organisation.jobs) % len(levels)]],
            "",
            day.isoformat(),
            organisation.name,
            organisation.name,
        )


def _name(rng: random.Random) -> str:
    surname = rng.choice(_COMPOUND) if rng.random() < 0.03 else rng.choice(_SURNAMES)
    return surname + "".join(rng.choice(_GIVEN) for _ in range(1 + (rng.random() < 0.8)))


def _resident(district: str, birth: date) -> str:
    """A number that passes every check and that nobody has: real sequences begin at 001."""
    body = f"{district}{birth:%Y%m%d}000"
    return body + check_digit(body)


def _other_document(kind: str, crowd: int) -> tuple[str, str]:
    """A document of each of the other kinds, in the form that it has."""
    birth = date(1990, 2, 3 + crowd)
    last = crowd + 1
    numbers = {
        "210": f"H000000000{last}",
        "237": _resident("810000", birth),
        "213": f"0000000{last}",
        "238": _resident("830000", birth),
        "208": f"X000000{last}",
        "233": "9" + _resident("000000", birth)[1:17],
        "227": f"E0000000{last}",
        "239": f"0000000000000{last}",
        "299": f"测字第00000{last}号",
    }
    number = numbers[kind]
    return kind, number + check_digit(number) if kind == "233" else number


def main() -> None:
    """Write the workbooks that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, help="one workbook of so many people")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.rows is None:
        paths = write_samples(options.folder, options.seed)
    else:
        options.folder.mkdir(parents=True, exist_ok=True)
        paths = [make_roster(options.folder / f"roster-{options.rows}.xlsx", options.rows, options.seed)]
    for path in paths:
        print(path)


if __name__ == "__main__":
    main()
