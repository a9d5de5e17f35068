"""The documentation pages, through mkdocs, in our own theme: the stock one has inline scripts, forbidden here."""

import html
import json
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config

from sitegen.errors import SiteError
from sitegen.headers import CSP_META
from sitegen.hooks import CELL
from sitegen.places import MKDOCS, ROOT

THEME = ROOT / "build" / "docs_theme"
# What the policy of every response forbids, so that a page cannot be built that a browser would break.
_INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|<[^>]+\son[a-z]+=|javascript:", re.IGNORECASE)
_ALIGNED = re.compile(r'<(t[hd]) style="text-align: (left|center|right);">')
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
# Where a long name in a table may go on in the next line.
_JOINT = re.compile(r"(?<=[\w.>])(/|::|_)(?=\w)(?!code>)")
_LONG = re.compile(r"<code>[^<]{16,}</code>")
_ENDS = re.compile(rf" ?{CELL}[{CELL} ]*")  # of cells
# A space that only ends a line or an element within Chinese text.
_BROKEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])| (?=[、。，；：！？）])")
# Carry the day of the build, and a static folder needs neither.
_DATED = ("sitemap.xml", "sitemap.xml.gz")


def build_docs(target: Path) -> None:
    """Build the documentation into ``target``, which must not exist. Raises SiteError for a broken page or link."""
    with _listening() as said, tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "docs"
        try:
            config = load_config(
                str(MKDOCS),
                site_dir=str(made),
                theme={"name": None, "custom_dir": str(THEME), "search_index_only": True},
                extra={"policy": CSP_META},
                strict=True,
                site_url="",
            )
            build(config)
        except (Exception, SystemExit) as error:
            raise SiteError(f"the documentation was not built: {'; '.join(said) or error}") from error
        for name in _DATED:
            (made / name).unlink(missing_ok=True)
        for page in sorted(made.rglob("*.html")):
            # Columns of a table are aligned by a class; markdown writes a style, which the policy forbids.
            text = _ALIGNED.sub(r'<\1 class="\2">', page.read_text("utf-8").replace(CELL, ""))
            text = _TABLE.sub(_table, text)
            if found := _INLINE.search(_without_code(text)):
                raise SiteError(f"docs/{page.relative_to(made).as_posix()} has inline code or style: {found[0]!r}")
            page.write_bytes(text.encode())
        index = made / "search" / "search_index.json"
        index.write_bytes(_search_index(json.loads(index.read_text("utf-8"))["docs"]))
        shutil.move(str(made), str(target))


def _search_index(entries: list[dict[str, str]]) -> bytes:
    """What the search needs of mkdocs' index: a page's text is in its sections, and Chinese has no spaces in it."""
    docs = [
        {
            "location": entry["location"],
            "text": _BROKEN.sub("", _ENDS.sub(" · ", entry["text"])) if "#" in entry["location"] else "",
            "title": entry["title"],
        }
        for entry in entries
    ]
    return json.dumps({"docs": docs}, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _table(found: re.Match[str]) -> str:
    """A table that a narrow screen shows as a list of entries: each cell says which column it is of.

    The roles say that it is a table still, which a browser forgets when it is laid out as something else.
    """
    head, body = found[0].split("</thead>")
    labels = [html.escape(re.sub(r"<[^>]+>", "", title)) for title in re.findall(r"<th\b[^>]*>(.*?)</th>", head)]
    columns = cycle(labels)
    body = re.sub(r"<td\b", lambda _: f'<td role="cell" data-label="{next(columns)}"', body)
    head = re.sub(r"<th\b", '<th role="columnheader"', head)
    head = head.replace("<table>", f'<table role="table" class="columns-{len(labels)}">')
    whole = f"{head}</thead>{body}".replace("<tr>", '<tr role="row">')
    whole = re.sub(r"<(thead|tbody)>", r'<\1 role="rowgroup">', whole)
    return _LONG.sub(lambda name: _JOINT.sub(r"\1<wbr>", name[0]), whole)


def _without_code(text: str) -> str:
    """The page without the text of its examples, which may show anything."""
    return re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.DOTALL)


class _Listener(logging.Handler):
    """Keeps the warnings of mkdocs, which name the page and the broken link."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.said.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What mkdocs says goes into the list and not to the terminal. Its strict mode counts by the same logger."""
    logger, listener = logging.getLogger("mkdocs"), _Listener()
    before = logger.propagate
    logger.addHandler(listener)
    logger.propagate = False
    try:
        yield listener.said
    finally:
        logger.propagate = before
        logger.removeHandler(listener)
