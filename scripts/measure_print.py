"""The measurement of printing; see bench.py. Imported once the environment exists.

Seconds of processor time, over all threads: typst would use several cores, and one is what is promised.
"""

import io
import json
import random
import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from measure import NOW, PASSPHRASE, append, make_home
from PIL import Image
from sample_rosters import make_roster

from ledger.app.home import Home, load_profiles
from ledger.app.printing import Order, by_shard, make_papers, print_papers
from ledger.core.profile import Profile
from ledger.forms.certificate import STANDARD, TEMPLATE, Paper, Printer, find_fonts, qr_modules

GOALS = {"print": 200, "typst": 0.7}
PEOPLE = 2000  # as many certificates as the ledger has; a part of them is printed
PRINTED = 300


def certificates(folder: Path, rounds: int) -> None:
    """Print certificates/s, the ratio to typst alone, bytes of one, and the versions of both kinds of QR codes."""
    folder.mkdir(parents=True)
    home = make_home(folder)
    append(home, make_roster(folder / "roster.xlsx", PEOPLE))
    order = Order("https://verify.example.cn/", find_fonts(), photos=folder / "photos")
    with home.open_store() as store:
        codes = [row.code for row in store.certificates(0, store.size())][:PRINTED]
    _photos(folder / "photos", codes)
    profiles = load_profiles()
    [*papers] = (paper for _, paper in _papers(home, codes, profiles, order))
    [*dense] = (paper for _, paper in _papers(home, codes[:50], profiles, replace(order, proof=True)))
    ours, theirs = [], []
    for number in range(rounds):
        out = folder / f"out-{number}"
        theirs.append(_typst_alone(papers, order))
        made = print_papers(_papers(home, codes, profiles, order), profiles, order, out, one_file=False)
        began = time.process_time()
        files = list(made)
        ours.append(time.process_time() - began)
    sizes = [file.stat().st_size for _, file in files]
    photo = len(papers[0].photo or b"")
    shutil.rmtree(folder)
    best, alone = PRINTED / min(ours), PRINTED / min(theirs)
    print(
        f"print    {best:10,.0f} certificates/s with QR code, photo and attachment, one core  (goal {GOALS['print']})"
    )
    print(f"         {best / alone:10.2f} of typst alone ({alone:,.0f}/s)  (goal {GOALS['typst']})")
    print(f"         {statistics.median(sizes):10,.0f} bytes one PDF, {photo:,} of them the photo")
    print(f"         QR codes: version {_version(papers)}; with the proof in a ledger of {PEOPLE:,}: {_version(dense)}")


def _papers(home: Home, codes: list[str], profiles: dict[str, Profile], order: Order) -> Iterator[tuple[str, Paper]]:
    keyring, _ = home.open_keyring(PASSPHRASE, allow_test=True)
    with home.open_store() as store:
        yield from make_papers(home, store, keyring, by_shard(codes), profiles, order, now=NOW + 60)


def _typst_alone(papers: list[Paper], order: Order) -> float:
    """Return the seconds that typst takes for the same pages, with everything that goes into them made beforehand."""
    printer = Printer(STANDARD, TEMPLATE, order.fonts)
    try:
        printer.print(papers[:1])  # the fonts are loaded
        compiler = printer._compiler  # noqa: SLF001 - the compiler itself is what is measured
        whole = json.loads(printer.data(papers))  # each with a photo of its own
        data = [json.dumps({**whole, "certificates": [one]}) for one in whole["certificates"]]
        kind = ["ua-1"]
        began = time.process_time()
        for text in data:
            compiler.compile(sys_inputs={"data": text}, pdf_standards=kind)
        return time.process_time() - began
    finally:
        printer.close()


def _version(papers: list[Paper]) -> str:
    sides = {qr_modules(paper.link, dense=paper.dense)[0] - (0 if paper.dense else 8) for paper in papers}
    return ", ".join(str((side - 17) // 4) for side in sorted(sides))


def _photos(folder: Path, codes: list[str]) -> None:
    """Pictures of 413 by 579 pixels (35 by 49 mm at 300 dpi), a different one for each."""
    folder.mkdir()
    seeded = random.Random(5)  # noqa: S311 - pictures for a measurement
    for code in codes:
        small = Image.frombytes("RGB", (14, 20), seeded.randbytes(14 * 20 * 3))
        data = io.BytesIO()
        small.resize((413, 579), Image.Resampling.BICUBIC).save(data, "JPEG", quality=85)
        (folder / f"{code}.jpg").write_bytes(data.getvalue())
