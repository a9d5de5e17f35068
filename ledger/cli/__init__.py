"""The command `ledger`: parsing, printing, progress and exit codes; what is done is done in `ledger.app`.

language   which language, decided before anything is printed
terminal   the one place that prints
failures   the one place where an error becomes a message and an exit code
problems   what the use cases tell in English, in the language of the run
session    what a command gets: home, passphrase, clock, terminal
start      where a run begins and ends
tree       the commands with their options and help, built in the language
show       reports, audits and findings as text

Exit codes: 0 done or verified, 1 refused or not verified, 2 usage, 3 could not check, 130 interrupted, 141 the
reader of the output has gone.
"""

import sys
from typing import NoReturn

from ledger.cli.start import run

__all__ = ["main", "run"]


def main() -> NoReturn:
    """Run the command line of this process."""
    raise SystemExit(run(sys.argv[1:]))
