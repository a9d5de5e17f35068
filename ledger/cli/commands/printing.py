"""`ledger print`: certificates as PDF."""

from collections.abc import Callable
from pathlib import Path

from ledger.cli.failures import COULD_NOT_CHECK, DONE, USAGE, CommandError
from ledger.cli.session import Session

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
    from ledger.app.printing import Order, by_shard, make_papers, numbers_of_batch, print_papers
    from ledger.core.code import normalise_code
    from ledger.forms.certificate import TEMPLATE, find_fonts

    if bool(number) == (batch is not None):
        raise CommandError("cli.print.which", code=USAGE)
    if not site.startswith(("https://", "http://")) or "#" in site or "?" in site:
        raise CommandError("cli.print.site", code=USAGE, site=site)
    sealing = _sealing(seal, seal_passphrase_file)
    order = Order(site, find_fonts(font), template or TEMPLATE, photos, proof=qr == "proof", seal=sealing)
    passphrase, profiles = session.passphrase(), load_profiles()
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        numbers = numbers_of_batch(store, batch) if batch is not None else [normalise_code(code) for code in number]
        papers = make_papers(
            home, store, keyring, numbers if one_file else by_shard(numbers), profiles, order, now=session.now()
        )
        files: dict[Path, int] = {}
        for done, (_, file) in enumerate(print_papers(papers, profiles, order, out, one_file=one_file), 1):
            files[file] = files.get(file, 0) + 1
            session.terminal.progress("print", done, len(numbers))
    for file, count in sorted(files.items())[:3]:
        session.terminal.result(session.texts("cli.print.file", file=file, count=count))
    if len(files) > 3:
        session.terminal.result(session.texts("cli.print.more", count=len(files) - 3, out=out))
    session.terminal.hint("cli.print.personal")
    return DONE


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
