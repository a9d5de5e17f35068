"""Sealed details are opened with the code alone, in the page: held to the record and shown; nothing is kept."""

import pytest

from ledger.core.details import access_of
from tests.browser.conftest import PATIENCE, Visit
from tests.site.kit import PHOTO, SmallLedger

GREY = """() => {
  const canvas = document.getElementById("person-photo");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, canvas.height, data[0], data[1], data[2], data[3]];
}"""


def open_details(visit: Visit, code: str) -> tuple[str, str]:
    """Type the code and press the button; (state, words) of the answer."""
    page = visit.page
    if page.get_attribute("#match-box", "open") is None:
        page.click("#match-box summary")
    page.fill("#match-code", code)
    page.click("#details-open")
    page.wait_for_selector("#match-state:not([data-state='busy']):not([data-state=''])", timeout=PATIENCE)
    return page.get_attribute("#match-state", "data-state") or "", page.inner_text("#match-state")


def test_the_code_opens_name_document_and_photo(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    warm.requests.clear()
    assert warm.look_up(small.numbers["valid"]) == "valid"
    path = access_of(small.numbers["valid"], small.holder.verification_code).path
    assert not any("details/" in request.url or "core-audit" in request.url for request in warm.requests)
    assert open_details(warm, small.holder.verification_code.lower())[0] == "yes"
    assert [request.url.split("/ledger/")[1] for request in warm.requests if "details/" in request.url] == [path]
    page = warm.page
    assert page.inner_text("#person-name") == small.holder.name
    facts = page.inner_text("#facts")
    for value in (small.holder.name, small.holder.doc_no, small.holder.employer):
        assert value in facts
    width, height, *grey = page.evaluate(GREY)
    assert (width, height) == (PHOTO.width, PHOTO.height)
    assert all(abs(value - 128) < 4 for value in grey[:3])
    assert page.get_attribute("#verdict-box", "data-verdict") == "valid"
    assert small.holder.name not in warm.report()  # what is kept of the answer names nobody
    warm.check_quiet()
    assert warm.look_up(small.numbers["revoked"]) == "revoked"  # and the next answer shows nobody's photo
    assert page.is_hidden("#person-photo")
    assert page.input_value("#match-code") == ""


def test_another_code_and_a_misprint_open_nothing(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    assert warm.look_up(small.numbers["valid"]) == "valid"
    state, words = open_details(warm, "0123 4567 89AB CDEF GHJK")
    assert (state, "找不到详情" in words) == ("no", True)
    warm.said.clear()  # a browser says on its console that a file is not there
    assert open_details(warm, "0123 4567")[0] == "bad"
    assert warm.page.is_hidden("#person-photo")


def test_a_file_that_was_changed_does_not_open_and_the_answer_stands(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    assert warm.look_up(small.numbers["valid"]) == "valid"
    warm.page.route("**/ledger/details/**", lambda route: route.fulfill(body=bytes(16_384)))
    try:
        state, words = open_details(warm, small.holder.verification_code)
    finally:
        warm.page.unroute("**/ledger/details/**")
    assert (state, "打不开" in words) == ("no", True)
    assert warm.page.get_attribute("#verdict-box", "data-verdict") == "valid"
    assert warm.page.is_hidden("#person-photo")


def test_details_of_an_earlier_record_are_not_shown(warm: Visit, small: SmallLedger) -> None:
    """A host that has not deleted them yet: the code of before the correction still opens the file."""
    number = small.numbers["corrected"]
    warm.forget()
    assert warm.look_up(number) == "corrected"
    warm.page.route("**/ledger/details/**", lambda route: route.fulfill(body=small.stale[1]))
    try:
        state, words = open_details(warm, small.stale[0])
    finally:
        warm.page.unroute("**/ledger/details/**")
    assert (state, "与现在的记录不符" in words) == ("no", True)
    assert warm.page.get_attribute("#verdict-box", "data-verdict") == "corrected"
    assert warm.page.is_hidden("#person-photo")


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits(warm: Visit, small: SmallLedger, width: int) -> None:
    warm.forget()
    before = warm.page.viewport_size
    warm.page.set_viewport_size({"width": width, "height": 900})
    assert warm.look_up(small.numbers["valid"]) == "valid"
    assert open_details(warm, small.holder.verification_code)[0] == "yes"
    assert warm.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert warm.page.is_visible("#person-photo")
    if before:
        warm.page.set_viewport_size(before)
