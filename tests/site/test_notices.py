"""Publicity notices: masked, shown while their period runs, gone from the pages when it has ended."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from sitegen import build_site
from sitegen.errors import SiteError
from sitegen.notices import PER_PAGE, NoticeView, personal_data, view_notices
from sitegen.organisations import view_organisations

from ledger.app.places import MemoryPlace
from ledger.app.replayed import replay_published
from ledger.core.published import PublishedList
from tests.evaluation import RESULTS
from tests.simulator import PROFILES
from tests.site.kit import files_of
from tests.site.register import ANHUI, DAY, LAST, Register, listed, make_register

LANGUAGES = ("", "en/")


def text_of(site: Path, place: str) -> str:
    page = (site / place / "index.html").read_text("utf-8")
    return unescape(re.sub(r"<[^>]+>", " ", page))


def views(register: Register, day: date = DAY) -> dict[int, NoticeView]:
    place = MemoryPlace(register.files())
    ledger = replay_published(place, register.ledger.trust, PROFILES)
    organisations = view_organisations(place, ledger, PROFILES, day)
    return {view.seq: view for view in view_notices(place, ledger, PROFILES, organisations, day)}


@pytest.mark.domain("F5")
def test_a_running_notice_tells_all_but_who_the_people_are(register: Register, register_site: Path) -> None:
    seq = register.seqs["results"]
    page = text_of(register_site, f"notices/{seq}")
    for shown in ("测试数据·江岸机械厂", "测试-2026-1", "数控车工", "三级/高级工、四级/中级工", RESULTS, LAST):
        assert shown in page, shown
    for shown in ("张**", "欧阳**", "𠮷**", "N**", "202600001", "合格"):
        assert shown in page, shown
    for shown in ("有异议怎么办", "测试路2号", str(seq), views(register)[seq].digest):
        assert shown in page, shown
    assert "Running until 2026-10-21" in text_of(register_site, f"en/notices/{seq}")


@pytest.mark.domain("F5")
def test_the_index_has_the_running_notices_and_no_other(register: Register, register_site: Path) -> None:
    running = {register.seqs[label] for label in ("results", "board", "erased")}
    for language in LANGUAGES:
        page = (register_site / f"{language}notices" / "index.html").read_text("utf-8")
        assert {int(seq) for seq in re.findall(r'href="(\d+)/"', page)} == running
        organisation = (register_site / f"{language}organisations" / ANHUI / "index.html").read_text("utf-8")
        assert {int(seq) for seq in re.findall(r"notices/(\d+)/", organisation)} == running


@pytest.mark.domain("F5")
def test_when_its_period_has_ended_a_notice_leaves_navigation_and_shows_nobody(register: Register) -> None:
    states = {
        "candidates": {"2026-09-28": "running", "2026-10-11": "running", "2026-10-12": "ended"},
        "results": {"2026-10-13": "coming", "2026-10-14": "running", "2026-10-21": "running", "2026-10-22": "ended"},
        "coming": {"2026-10-21": "coming", "2026-10-22": "running", "2026-10-29": "running", "2026-10-30": "ended"},
    }
    for label, days in states.items():
        for day, state in days.items():
            view = views(register, date.fromisoformat(day))[register.seqs[label]]
            assert (label, day, view.state) == (label, day, state)
            assert (view.listed is None) == (state != "running")


@pytest.mark.domain("F5")
def test_the_page_of_an_ended_notice_says_so(register: Register, register_site: Path, tmp_path: Path) -> None:
    """Built on the next day from the very same folder, no page holds a name of its list."""
    seq = register.seqs["results"]
    build_site(register.write(tmp_path / "public"), tmp_path / "site", day=date(2026, 10, 22), docs=False)
    for language, said in (("", "公示期已于 2026-10-21 结束"), ("en/", "The period ended on 2026-10-21")):
        page = text_of(tmp_path / "site", f"{language}notices/{seq}")
        assert said in page
        assert "欧阳**" not in page
        assert "202600001" not in page
        assert views(register)[seq].digest in page
        assert f'href="{seq}/"' not in (tmp_path / "site" / f"{language}notices" / "index.html").read_text("utf-8")
    pages = {name: data for name, data in files_of(tmp_path / "site").items() if name.endswith(".html")}
    shown = {name for name, data in pages.items() if "欧阳**".encode() in data}
    assert shown == {f"{language}notices/{register.seqs['coming']}/index.html" for language in LANGUAGES}
    assert text_of(register_site, f"notices/{seq}").count("欧阳**") == 1


def test_a_list_on_a_board_and_one_that_was_erased_are_told_apart(register: Register, register_site: Path) -> None:
    assert "公告栏" in text_of(register_site, f"notices/{register.seqs['board']}")
    assert "已经删除" in text_of(register_site, f"notices/{register.seqs['erased']}")


def test_no_search_engine_is_to_keep_a_list(register: Register, register_site: Path) -> None:
    page = (register_site / "notices" / str(register.seqs["results"]) / "index.html").read_text("utf-8")
    assert '<meta name="robots" content="noindex, noarchive">' in page


SPOILED = {
    "a whole name": ("张三丰", "T1", "3", "passed"),
    "an identity number": ("张**", "500112199002030007", "3", "passed"),
    "a telephone number": ("张**", "13800138000", "3", "passed"),
    "an e-mail address": ("zhang@example.cn", "T1", "3", "passed"),
}


@pytest.mark.domain("F5")
@pytest.mark.parametrize("what", SPOILED)
def test_a_list_that_tells_too_much_stops_the_build(tmp_path: Path, what: str) -> None:
    register = make_register()
    people = listed(3)
    spoiled = PublishedList(people.columns, (*people.rows, SPOILED[what]), people.salt)
    path = register.notice("spoiled", register.seqs["plan"], RESULTS, spoiled)
    with pytest.raises(SiteError, match=f"{path} is not fit to be published"):
        build_site(register.write(tmp_path / "public"), tmp_path / "site", day=DAY, docs=False)
    assert not (tmp_path / "site").exists()


def test_a_list_that_its_entry_did_not_commit_to_stops_the_build(register: Register, tmp_path: Path) -> None:
    public = register.write(tmp_path / "public")
    path = f"notice/{register.seqs['results']}.json"
    (public / path).write_bytes(register.lists[path].replace(b"202600001", b"202600009"))
    with pytest.raises(SiteError, match="notice_differs"):
        build_site(public, tmp_path / "site", day=DAY, docs=False)


@pytest.mark.domain("F5")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("500112199002030007", "identity"),
        ("50011219900203000X", "identity"),
        ("证号50011219900203000x。", "identity"),
        ("５００１１２１９９００２０３０００７", "identity"),
        ("500112900203000", "identity"),
        ("13800138000", "telephone"),
        ("+86 138-0013-8000", "telephone"),
        ("电话：１３８００１３８０００", "telephone"),
        ("a.b@example.cn", "e-mail"),
        ("a＠example.cn", "e-mail"),
        ("张**", None),
        ("20260000001", None),
        ("2026-11-20", None),
        ("S000050000001263000001", None),
        ("", None),
    ],
)
def test_the_linter_knows_what_no_notice_may_show(text: str, found: str | None) -> None:
    said = personal_data(text)
    assert (found is None) == (said is None)
    assert found is None or found in str(said)


def test_a_long_list_is_shown_on_several_pages(tmp_path: Path) -> None:
    register = make_register()
    plan = register.plan("large plan", candidates=PER_PAGE * 2 + 7, plan="测试-2026-3", exam_from="2026-11-02",
                         exam_to="2026-11-03")  # fmt: skip
    register.notice("large", plan, RESULTS, listed(PER_PAGE * 2 + 7), list="candidates")
    build_site(register.write(tmp_path / "public"), tmp_path / "site", day=DAY, docs=False)
    seq = register.seqs["large"]
    counts = [text_of(tmp_path / "site", f"notices/{seq}/{folder}").count("合格") for folder in ("", "2", "3")]
    assert counts == [PER_PAGE, PER_PAGE, 7]
    third = (tmp_path / "site" / "notices" / str(seq) / "3" / "index.html").read_text("utf-8")
    assert 'href="../2/"' in third
    assert "第 1001 至 1007 人，共 1007 人" in third
