"""The layout of the printed certificate, as the notice has it, and the tables that are refused."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.layout import Layout, read_layout
from ledger.core.profile import load_profile
from ledger.core.table import Table
from ledger.profiles import load, names, read_text

CHONGQING = "cn-chongqing-2020-1"
TABLE: dict[str, object] = {
    "page": [297, 210],
    "frame": [269, 188],
    "frame_line": 225,
    "typeface": "华文楷体",
    "title_points": 30,
    "body_points": 16,
    "link_points": 14,
    "photo": "2寸",
    "photo_ground": "白底",
    "qr": 30,
    "rule": "certificate.layout",
}


def chongqing() -> Layout:
    layout = load(CHONGQING).layout
    assert layout is not None
    return layout


@pytest.mark.domain("I1")
def test_chongqing_page_and_frame() -> None:
    """附件5 二: A4 on its side, a frame of 188 by 269 mm, a solid line of 2.25 points."""
    layout = chongqing()
    assert (layout.page, layout.frame, layout.frame_line) == ((297, 210), (269, 188), 225)
    assert [(page - frame) / 2 for page, frame in zip(layout.page, layout.frame, strict=True)] == [14, 11]


@pytest.mark.domain("I2")
def test_chongqing_type() -> None:
    """附件5 二: the title 30 points, the text 16, the address 14, in 华文楷体."""
    layout = chongqing()
    assert (layout.typeface, layout.title_points, layout.body_points, layout.link_points) == ("华文楷体", 30, 16, 14)


@pytest.mark.domain("I3")
def test_chongqing_pictures() -> None:
    """附件5 二: a 2-inch photo on white, a QR code of 30 by 30 mm."""
    layout = chongqing()
    assert (layout.photo, layout.photo_ground, layout.qr) == ("2寸", "白底", 30)


@pytest.mark.domain("I4")
def test_the_sample_is_for_reference_so_its_rule_only_warns() -> None:
    rule = load(CHONGQING).rules[chongqing().rule]
    assert rule.severity == "warning"
    assert "仅供参考" in rule.source


def test_the_other_notices_prescribe_none() -> None:
    assert [name for name in names() if load(name).layout is not None] == [CHONGQING]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"page": [297]}, "page is not"),
        ({"frame": [269, 188, 1]}, "frame is not"),
        ({"frame": [297, 188]}, "does not fit"),
        ({"frame": [269, 210]}, "does not fit"),
        ({"rule": "certificate.none"}, "no rule"),
        ({"colour": "red"}, "unknown key"),
        ({"qr": "30"}, "not a whole number"),
    ],
)
def test_other_tables_are_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        read_layout(Table({**TABLE, **changes}, "certificate"), {"certificate.layout"})


def test_no_table_is_no_layout() -> None:
    assert read_layout(None, ()) is None
    whole = read_layout(Table(dict(TABLE), "certificate"), {"certificate.layout"})
    assert whole == chongqing() == load_profile(read_text(CHONGQING)).layout
