"""Measure what the product promises, as ratios inside one run: these figures mean little from one machine to the next.

    python3 scripts/bench.py [import] [append] [verify] [audit] [print] [memory] [browser] [many]
                             [--rows N] [--large N] [--entries N] [--rounds N]

import    a workbook of N rows, their numbers filled in, read and checked in every respect that needs no ledger,
          against calamine (the fastest reader) reading the same cells and nothing else
append    a workbook of N rows to a published folder, on one core, against raw PyNaCl signatures of the same messages
verify    `ledger verify` on one core and on all, against raw PyNaCl verifications of the same messages
audit     the same, of the new part only (--since: from what --keep wrote, and from a checkpoint alone), and by the
          second verifier of tests/second; with --entries N also the whole of a ledger of N certificates on one core,
          its peak memory, and then a batch of 100 that is new, from what --keep wrote
print     certificates as PDF on one core, each looked up, with QR code, photo and attachment, against typst alone
          setting the same pages; bytes of one, versions of the QR codes
memory    peak memory of append, verify and check at --large certificates, each in a process of its own
browser   Chromium and Firefox: the time until a verdict, by a link and from the click after a number was typed, cold
          and warm, against a bare load of stock Pyodide; the same with the browser's processes four times slower; bytes
          and requests of one lookup
many      Chromium and Firefox: 1,000 numbers pasted into one page, numbers a second once the runtime is up

Every figure is the best of --rounds rounds; raw and product are measured in turn in each round. Nothing here asserts:
goals are printed beside the figures. Which interpreter runs it counts too: ADR 0005.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import environment

KINDS = ("import", "append", "verify", "audit", "print", "memory", "browser", "many")


def main() -> None:
    """Run the measurements named, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what",
        nargs="*",
        metavar="import|append|verify|audit|print|memory|browser|many",
        help="all of them if none is named",
    )
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the workbook for import, append and verify")
    parser.add_argument("--large", type=int, default=100_000, help="certificates for the memory figures")
    parser.add_argument("--entries", type=int, default=0, help="certificates of the very large ledger; none by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    environment.enter("test")
    import measure
    import measure_audit
    import measure_many
    import measure_page
    import measure_print

    if arguments.job:
        measure.child(arguments.job, arguments.home, arguments.large)
        return
    what = arguments.what or list(KINDS)
    if not set(what) <= set(KINDS):
        parser.error(f"choose from {', '.join(KINDS)}")
    print(
        f"python {sys.version.split()[0]}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if "import" in what:
            measure.import_workbook(place, arguments.rows, arguments.rounds)
        if "append" in what or "verify" in what:
            measure.append_and_verify(place, arguments.rows, arguments.rounds, what)
        if "audit" in what:
            measure_audit.audits(place / "audit", arguments.rows, arguments.rounds)
            if arguments.entries:
                measure_audit.large(place / "entries", arguments.entries)
        if "print" in what:
            measure_print.certificates(place / "print", arguments.rounds)
        if "memory" in what:
            measure.memory(place / "large", arguments.large)
        if "browser" in what:
            measure_page.page(place / "browser", arguments.rounds)
        if "many" in what:
            measure_many.many(place / "many", arguments.rounds)


if __name__ == "__main__":
    main()
