"""Small counts stay hidden: a reader who knows every printed number and every sum can still not compute one.

The reader of these tests works with sets of numbers and tries every value; the product works with bounds.
"""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.app.suppression import THRESHOLD, Count, Hidden, Shown, suppress

BIG = 90  # more than any count here
Key = tuple[str, ...]
Person = tuple[int, int, int, int]  # organisation, level, year, month
PEOPLE = st.lists(st.tuples(*[st.integers(0, 3)] * 3, st.integers(0, 2)), max_size=45)


def tree_of(people: list[Person]) -> Count:
    """The tree of a report: a total, by organisation, by level, by year and month."""

    def table(name: str, place: int) -> tuple[Count, ...]:
        counted = Counter(person[place] for person in people)
        return tuple(Count((name, str(key)), number) for key, number in sorted(counted.items()))

    years = []
    for year in sorted({person[2] for person in people}):
        months = Counter(person[3] for person in people if person[2] == year)
        parts = tuple(Count(("month", str(year), str(month)), number) for month, number in sorted(months.items()))
        years.append(Count(("year", str(year)), sum(months.values()), (parts,)))
    tables = (table("org", 0), table("level", 1), tuple(years))
    return Count(("total",), len(people), tables if people else ())


def nodes(count: Count) -> list[Count]:
    return [count, *(node for table in count.tables for part in table for node in nodes(part))]


def possible(count: Count, shown: dict[Key, Shown], fixed: tuple[Key, int], threshold: int) -> set[int]:
    """The numbers that `count` can be for a reader of what is shown, if one of them is what `fixed` says."""
    match shown[count.key]:
        case int() as number:
            numbers = {number}
        case Hidden.SMALL:
            numbers = set(range(1, threshold))
        case _:
            numbers = set(range(threshold, BIG))
    if count.key == fixed[0]:
        numbers &= {fixed[1]}
    for table in count.tables:
        if all(shown[part.key] is Hidden.DROPPED for part in table):
            continue
        sums = {0}
        for part in table:
            values = possible(part, shown, fixed, threshold)
            sums = {a + b for a, b in product(sums, values) if a + b < BIG}
        numbers &= sums
    return numbers


def check_promise(tree: Count, threshold: int = THRESHOLD) -> dict[Key, Shown]:
    shown = suppress(tree, threshold)
    every = {count.key: count.number for count in nodes(tree)}
    assert shown.keys() == every.keys()
    for key, value in shown.items():
        if isinstance(value, int):
            assert value == every[key]
            assert value == 0 or value >= threshold, "a small count is printed"
        elif value is Hidden.SMALL:
            assert 0 < every[key] < threshold
            for guess in range(1, threshold):
                assert possible(tree, shown, (key, guess), threshold), f"{key} cannot be {guess}: {shown}"
        elif value is Hidden.WITHHELD:
            assert every[key] >= threshold
    return shown


@given(PEOPLE)
def test_no_small_count_can_be_computed(people: list[Person]) -> None:
    check_promise(tree_of(people))


@given(PEOPLE, st.integers(3, 8))
def test_with_any_threshold(people: list[Person], threshold: int) -> None:
    check_promise(tree_of(people), threshold)


@given(st.lists(st.integers(0, 14), min_size=1, max_size=7))
def test_one_table(numbers: list[int]) -> None:
    rows = tuple(Count(("row", str(n)), number) for n, number in enumerate(numbers))
    shown = check_promise(Count(("total",), sum(numbers), (rows,)))
    if not any(0 < number < THRESHOLD for number in numbers):
        assert list(shown.values()) == [sum(numbers), *numbers], "nothing small, and something is hidden"


@given(PEOPLE)
def test_the_same_counts_print_the_same(people: list[Person]) -> None:
    assert suppress(tree_of(people)) == suppress(tree_of(people[::-1]))


def one_table(*numbers: int) -> tuple[Shown, list[Shown]]:
    rows = tuple(Count(("row", str(n)), number) for n, number in enumerate(numbers))
    shown = suppress(Count(("total",), sum(numbers), (rows,)))
    return shown["total",], [shown[row.key] for row in rows]


def test_the_smallest_count_beside_a_single_small_one_is_withheld() -> None:
    assert one_table(3, 14, 30) == (47, [Hidden.SMALL, Hidden.WITHHELD, 30])


def test_two_small_counts_whose_sum_tells_them_need_a_third() -> None:
    """4 + 4: the sum of what is missing is 8, so both were told."""
    assert one_table(4, 4, 20, 30) == (58, [Hidden.SMALL, Hidden.SMALL, Hidden.WITHHELD, 30])


def test_many_small_counts_protect_each_other() -> None:
    assert one_table(1, 2, 3, 4, 100) == (110, [Hidden.SMALL] * 4 + [100])


def test_a_nought_is_told_and_hides_nothing() -> None:
    assert one_table(0, 2, 40) == (42, [0, Hidden.SMALL, Hidden.WITHHELD])


def test_of_a_small_total_nothing_is_listed() -> None:
    assert one_table(1, 1, 1) == (Hidden.SMALL, [Hidden.DROPPED] * 3)


def test_a_total_that_another_table_would_give_away() -> None:
    """Two levels of 4 each: 8 must not be told, neither as total nor as the only organisation's count."""
    levels = tuple(Count(("level", name), 4) for name in "ab")
    tree = Count(("total",), 8, (levels, (Count(("org", "x"), 8),)))
    shown = check_promise(tree)
    assert shown["total",] is Hidden.WITHHELD
    assert shown["org", "x"] is Hidden.WITHHELD


def test_rows_whose_mere_number_tells_are_not_listed() -> None:
    """Eight organisations of 1 are at least 8, two levels below 5 are at most 8: together they tell everything."""
    orgs = tuple(Count(("org", str(n)), 1) for n in range(8))
    levels = tuple(Count(("level", name), 4) for name in "ab")
    shown = check_promise(Count(("total",), 8, (orgs, levels)))
    assert Hidden.DROPPED in shown.values()


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="sum up"):
        suppress(Count(("total",), 9, ((Count(("a",), 5), Count(("b",), 5)),)))
    with pytest.raises(ValueError, match="twice"):
        suppress(Count(("total",), 10, ((Count(("a",), 5), Count(("a",), 5)),)))
