"""python -m sitegen PUBLIC OUT: what ``ledger build`` does, without the rest of the command line."""

import sys
from pathlib import Path

from sitegen.errors import SiteError
from sitegen.site import build_site


def _say(line: str) -> None:
    sys.stderr.write(f"sitegen: {line}\n")


def main(arguments: list[str]) -> int:
    """0 built, 1 refused, 2 usage."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m sitegen PUBLIC OUT\n")
        return 2
    try:
        build_site(
            Path(arguments[0]),
            Path(arguments[1]),
            progress=_say,
        )
    except SiteError as error:
        sys.stderr.write(f"sitegen: error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
