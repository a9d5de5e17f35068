"""What the tests of the ways in share."""

import re

from PIL import Image
from playwright.sync_api import FilePayload

from tests.browser import qrcodes
from tests.browser.conftest import PATIENCE, Visit

NO_CODE = qrcodes.png(Image.new("L", (300, 300), 200))
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    '"><script>alert(1)</script>',
    "data:text/html,<script>alert(1)</script>",
    "\u202egnp.exe\x00\x07\u2028",
    "weixin://pay?x=1",
    "A" * 2000,
)


def choose(visit: Visit, name: str, data: bytes) -> None:
    visit.page.set_input_files("#file", FilePayload(name=name, mimeType="application/octet-stream", buffer=data))


def said(visit: Visit, part: str) -> str:
    """What stands below the buttons, once it holds `part`."""
    visit.page.wait_for_function(
        "(part) => document.getElementById('ways-state').innerText.includes(part)", arg=part, timeout=PATIENCE
    )
    return visit.page.inner_text("#ways-state")


def own_files_only(visit: Visit) -> None:
    """Nothing was uploaded: only files of the site were asked for, and no request had a body."""
    allowed = re.compile(r"/|/(assets|runtime|ledger)/[^?]*")
    assert [one.url for one in visit.requests if one.method != "GET" or one.post_data] == []
    asked = [one.url.removeprefix(visit.address) for one in visit.requests if not one.url.startswith("blob:")]
    assert [path for path in asked if not allowed.fullmatch(path)] == []


def link(visit: Visit, number: str) -> str:
    return f"{visit.address}/#{number}"
