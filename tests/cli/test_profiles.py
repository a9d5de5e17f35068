"""A ledger under all five notices, from the command line: opened, organisations filed, and two of them issue."""

from pathlib import Path

import pytest

from ledger.app.home import Home
from ledger.profiles import names
from tests.cli.cases import FILING, OPEN, csv, ledger, must
from tests.fixtures.forms import person

ORGANISATIONS = {
    "cn-national-2018-1": ("Y000150000007", "测试数据·云岭企业（虚构）"),
    "cn-anhui-2020-1": ("Y000034030001", "测试数据·淮上机械（虚构）"),
    "cn-chongqing-2020-1": ("S000050000001", "重庆云岭技师学院（虚构）"),
    "cn-shandong-2020-1": ("Y000037090001", "测试数据·岱下重工（虚构）"),
    "cn-zhejiang-2023-1": ("Y000033050001", "测试数据·南浔电缆（虚构）"),
}


def filing(profile: str) -> str:
    """A filing of the profile's organisation, for levels that every profile has."""
    org, name = ORGANISATIONS[profile]
    text = FILING.replace("cn-chongqing-2020-1", profile).replace("S000050000001", org)
    return text.replace("重庆云岭技师学院（虚构）", name).replace('["3", "4", "5", "9"]', '["3", "4", "5"]')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that opened with each profile by name, and has an organisation of each."""
    made = tmp_path_factory.mktemp("five")
    named = [word for name in names() for word in ("--profile", name)]
    must(ledger(made, "--home", "home", *OPEN, "--test-keys", *named))
    for profile in names():
        (made / "filing.toml").write_text(filing(profile), encoding="utf-8")
        must(ledger(made, "--home", "home", "org", "file", "filing.toml"))
    return made


def test_a_ledger_opens_with_every_profile(folder: Path, tmp_path: Path) -> None:
    assert Home.at(folder / "home").config.profiles == names()
    must(ledger(tmp_path, "--home", "home", *OPEN, "--test-keys"))
    assert Home.at(tmp_path / "home").config.profiles == names()
    listed = must(ledger(folder, "--home", "home", "org", "list")).out
    for profile, (org, _) in ORGANISATIONS.items():
        assert any(line.startswith(org) and profile in line for line in listed.splitlines())


@pytest.mark.parametrize(("profile", "org"), [("cn-shandong-2020-1", "S000050000001"), ("cn-anhui-2020-1", "Y000037")])
def test_a_code_of_another_notice_is_not_filed(folder: Path, profile: str, org: str) -> None:
    text = filing(profile).replace(ORGANISATIONS[profile][0], org)
    (folder / "wrong.toml").write_text(text, encoding="utf-8")
    assert ledger(folder, "--home", "home", "org", "file", "wrong.toml").code == 1


def test_organisations_of_two_notices_issue_side_by_side(folder: Path) -> None:
    for profile, born in (("cn-national-2018-1", "19930101"), ("cn-chongqing-2020-1", "19940101")):
        org, name = ORGANISATIONS[profile]
        (folder / "roster.csv").write_text(csv([person(born, 评价机构=name, 发证机构=name)]), encoding="utf-8")
        issued = must(ledger(folder, "--home", "home", "append", "roster.csv", "--org", org))
        assert f"{org}263000001" in issued.out
        checked = ledger(folder, "check", f"{org}263000001", "--in", "home/public")
        assert checked.code == 0, checked.err
    assert ledger(folder, "verify", "home/public").code == 0
