"""`ledger print`: certificates as PDF."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.erased import held_only
from ledger.cli.failures import COULD_NOT_CHECK, DONE, USAGE, CommandError
from ledger.cli.session import Session

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of it
    from ledger.forms.certificate import Paper

__all__ = ["print_"]


def print_(
    session: Session,
    *,
    number: tuple[str, ...],
    batch: str | None,
    out: Path,
    site: str,
    one_file: bool,
    font: tuple[Path, ...],
    template: Path | None,
    photos: Path | None,
    qr: str,
    seal: Path | None,
    seal_passphrase_file: Path | None,
) -> int:
    """Print certificates that are proven valid; each PDF carries its proof."""
    from ledger.app.home import load_profiles
    from ledger.app.printing import Order, by_shard, print_papers
    from ledger.forms.certificate import TEMPLATE, find_fonts

    if bool(number) == (batch is not None):
        raise CommandError("cli.print.which", code=USAGE)
    if not site.startswith(("https://", "http://")) or "#" in site or "?" in site:
        raise CommandError("cli.print.site", code=USAGE, site=site)
    sealing = _sealing(seal, seal_passphrase_file)
    order = Order(site, find_fonts(font), template or TEMPLATE, photos, proof=qr == "proof", seal=sealing)
    passphrase, profiles = session.passphrase(), load_profiles()
    files: dict[Path, int] = {}
    with _register(session, passphrase, batch, number) as (numbers, papers):
        made = papers(numbers if one_file else by_shard(numbers), profiles, order, now=session.now())
        for done, (_, file) in enumerate(print_papers(made, profiles, order, out, one_file=one_file), 1):
            files[file] = files.get(file, 0) + 1
            session.terminal.progress("print", done, len(numbers))
    for file, count in sorted(files.items())[:3]:
        session.terminal.result(session.texts("cli.print.file", file=file, count=count))
    if len(files) > 3:
        session.terminal.result(session.texts("cli.print.more", count=len(files) - 3, out=out))
    session.terminal.hint("cli.print.personal")
    return DONE


@contextmanager
def _register(
    session: Session, passphrase: str, batch: str | None, number: tuple[str, ...]
) -> "Iterator[tuple[list[str], partial[Iterator[tuple[str, Paper]]]]]":
    """Give the numbers meant, and what makes papers of numbers: of the ledger's register or an organisation's own."""
    from ledger.app.ownpapers import own_holders, own_numbers
    from ledger.app.places import open_place
    from ledger.app.printing import make_papers, numbers_of_batch, papers_of
    from ledger.core.code import normalise_code

    named = [normalise_code(code) for code in number]
    if not session.is_organisations():
        if session.in_place is not None:
            raise CommandError("cli.carried.authority", code=USAGE)
        with session.writing() as (home, store):
            numbers = named if batch is None else held_only(session.terminal, numbers_of_batch(store, batch))
            yield numbers, partial(make_papers, home, store, session.keyring(home, passphrase))
        return
    if session.in_place is None:
        raise CommandError("cli.carried.place", code=USAGE)
    with session.signing() as (own, register):
        holders = own_holders(register, own.open_keyring(passphrase, allow_test=session.allow_test))
        numbers = named if batch is None else held_only(session.terminal, own_numbers(register, batch))
        place = open_place(session.in_place)
        yield numbers, partial(papers_of, holders, place, own.followed(place).trust)


def _sealing(file: Path | None, passphrase_file: Path | None) -> Callable[[bytes], bytes]:
    """Return what puts the issuer's electronic seal on a PDF; without one, what leaves it as it is."""
    if file is None and passphrase_file is None:
        return bytes
    if file is None or passphrase_file is None:
        raise CommandError("cli.print.seal", code=USAGE)
    try:
        from ledger.forms.seal import Seal
    except ImportError as error:
        raise CommandError("cli.print.seal.missing", "cli.print.seal.missing.hint", code=COULD_NOT_CHECK) from error
    return Seal(file.read_bytes(), passphrase_file.read_text(encoding="utf-8").split("\n", 1)[0].removesuffix("\r"))
