"""The masked view shows a surname and two asterisks, never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import RuleError
from ledger.core.mask import PRESETS, is_masked_view, masked_view

MASKED = [
    ("张三", "张**"),
    ("张三丰", "张**"),
    ("欧阳明", "欧阳**"),
    ("司马相如", "司马**"),
    ("歐陽明", "歐陽**"),
    ("欧阳", "欧**"),
    ("司马·禾", "司**"),
    ("阿卜杜热西提·买买提", "阿**"),
    ("𠮷田明", "𠮷**"),
    ("㐂", "**"),
    ("", "**"),
    ("Nguyễn Văn An", "N**"),
    ("JOHN SAMPLE", "J**"),
]


@pytest.mark.parametrize(("name", "masked"), MASKED)
def test_names_are_masked(name: str, masked: str) -> None:
    assert masked_view(name, "masked") == {"name": masked}
    assert masked_view(name, "sealed") == {"name": masked}
    assert masked_view(name, "status") is None


@pytest.mark.domain("F5")
@pytest.mark.parametrize(
    "value",
    [
        {"name": "张三**"},
        {"name": "张三"},
        {"name": "张*"},
        {"name": 1},
        {"name": "张**", "doc_no": "5001"},
        {"doc_no": "**"},
        {},
        "张**",
        ["张**"],
        None,
    ],
)
def test_a_view_that_shows_more_is_none(value: object) -> None:
    assert not is_masked_view(value)


@pytest.mark.domain("F5")
@given(st.text())
def test_what_is_made_is_a_view(name: str) -> None:
    assert is_masked_view(masked_view(name, "masked"))


@given(st.text(min_size=1))
def test_never_the_whole_name_and_never_its_length(name: str) -> None:
    view = masked_view(name, "masked")
    assert view is not None
    shown = view["name"].removesuffix("**")
    assert name.startswith(shown)
    assert len(shown) < len(name)
    assert len(shown) <= 2


def test_an_unknown_preset_is_refused() -> None:
    assert PRESETS == ("status", "masked", "sealed")
    with pytest.raises(RuleError, match="no such preset"):
        masked_view("张三", "open")
