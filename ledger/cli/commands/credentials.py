"""`ledger export`: certificates as credentials (Open Badges 3.0); `ledger check --credential`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.erased import held_only
from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, USAGE, CommandError
from ledger.cli.memory import Memory, state_folder
from ledger.cli.pinning import pinned_trust
from ledger.cli.problems import in_words
from ledger.cli.session import Session
from ledger.cli.show import print_report

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.credentialcheck import Credential
    from ledger.app.credentials import Shown

__all__ = ["Asked", "check_credential", "credential_extra", "export", "site_address"]

SITE = "credentials/site"  # the register's setting: the site whose status lists the exported credentials name


def export(
    session: Session,
    *,
    number: tuple[str, ...],
    batch: str | None,
    out: Path,
    site: str,
    with_name: bool,
    with_document: bool,
    one_status: bool,
) -> int:
    """Export certificates that are proven valid as signed credentials, one file each."""
    with credential_extra():
        from ledger.app.credentials import Shown
    from ledger.publish.durable import flush_all, write_atomic

    if bool(number) == (batch is not None):
        raise CommandError("cli.print.which", code=USAGE)
    shown = Shown(site_address(site), name=with_name, document=with_document, one_status=one_status)
    passphrase, texts = session.passphrase(), session.texts
    files: dict[Path, bytes] = {}
    with _desk(session, passphrase, batch, number, shown) as (numbers, exported):
        for done, (code, data) in enumerate(exported(), 1):
            files[out / f"{code}.json"] = data
            session.terminal.progress("export", done, len(numbers))
        out.mkdir(parents=True, exist_ok=True)  # none is written unless all can be
        for file, data in files.items():
            write_atomic(file, data, private=True, flush=False)
        flush_all(list(files))
    for file in list(files)[:3]:
        session.terminal.result(str(file))
    if len(files) > 3:
        session.terminal.result(texts("cli.print.more", count=len(files) - 3, out=out))
    session.terminal.say("cli.export.shows")
    if with_name or with_document:
        session.terminal.hint("cli.export.personal")
    session.terminal.hint("cli.export.build", site=shown.site)
    return DONE


@contextmanager
def _desk(
    session: Session, passphrase: str, batch: str | None, number: tuple[str, ...], shown: "Shown"
) -> "Iterator[tuple[list[str], Callable[[], Iterator[tuple[str, bytes]]]]]":
    """Give the numbers meant, and what exports them: from the ledger's register or from an organisation's own."""
    from ledger.app.credentials import export_credentials
    from ledger.app.home import load_profiles
    from ledger.app.ownpapers import own_holders, own_numbers
    from ledger.app.places import FolderPlace, open_place
    from ledger.app.printing import numbers_of_batch, register_holders
    from ledger.app.writing import trust_of_ledger
    from ledger.core.code import normalise_code

    named, profiles = [normalise_code(code) for code in number], load_profiles()
    make = partial(export_credentials, profiles=profiles, shown=shown, now=session.now())

    def chosen(known: list[tuple[str, bool]]) -> list[str]:
        named_there = shown.name or shown.document
        return held_only(session.terminal, known) if named_there else [code for code, _ in known]

    if not session.is_organisations():
        if session.in_place is not None:
            raise CommandError("cli.carried.authority", code=USAGE)
        with session.writing() as (home, store):
            keyring = session.keyring(home, passphrase)
            numbers = named if batch is None else chosen(numbers_of_batch(store, batch))
            source = register_holders(store, keyring), keyring.signer_of, FolderPlace(home.public)
            yield numbers, partial(make, numbers, *source, trust_of_ledger(store))
            before = store.setting(SITE)
            if before not in (None, shown.site):
                session.terminal.warning("cli.export.moved", site=before)
            with store.transaction():
                store.set_setting(SITE, shown.site)
        return
    if session.in_place is None:
        raise CommandError("cli.carried.place", code=USAGE)
    with session.signing() as (own, register):
        keyring = own.open_keyring(passphrase, allow_test=session.allow_test)
        numbers = named if batch is None else chosen(own_numbers(register, batch))
        place = open_place(session.in_place)
        desk = own_holders(register, keyring), keyring.signer_of, place
        yield numbers, partial(make, numbers, *desk, own.followed(place).trust)


@dataclass(frozen=True, slots=True)
class Asked:
    """The ledger that is asked, and how: a place, the pinned keys, a moment, where to remember its checkpoint."""

    place: str
    trust: Path | None
    at: int | None
    state: Path | None
    as_json: bool


def check_credential(session: Session, number: str | None, file: Path, asked: Asked | None) -> int:
    """Check a credential's proof, then by the ledger what it says; exit 3 if no ledger was asked."""
    with credential_extra():
        from ledger.app.credentialcheck import open_credential
    from ledger.core.code import normalise_code
    from ledger.core.errors import FormatError, SignatureError

    session.failing = COULD_NOT_CHECK
    try:
        credential = open_credential(file.read_bytes())
    except FormatError as error:
        detail = in_words(session.texts, error.reason)
        raise CommandError("cli.check.credential.form", "cli.check.credential.form.hint", detail=detail) from error
    except SignatureError as error:
        raise CommandError("cli.check.credential.proof", code=REFUSED, did=error.name) from error
    if number is not None and normalise_code(number) != credential.claims.code:
        raise CommandError("cli.check.proof.other", code=REFUSED, code_=credential.claims.code)
    session.terminal.say("cli.check.credential.stands", did=credential.did)
    if asked is None:
        session.terminal.say("cli.check.credential.alone")
        session.terminal.hint("cli.check.credential.ask", file=file)
        return COULD_NOT_CHECK
    return _by_the_ledger(session, credential, asked)


def _by_the_ledger(session: Session, credential: "Credential", asked: Asked) -> int:
    from ledger.app.checking import check_certificate
    from ledger.app.credentialcheck import compare_claims, key_standing
    from ledger.app.home import load_profiles
    from ledger.app.places import RecordingPlace, open_place
    from ledger.app.signatories import read_signatories
    from ledger.core.report import EXIT_CODES

    claims, texts = credential.claims, session.texts
    place = RecordingPlace(open_place(asked.place))
    pinned, profiles = pinned_trust(session, place, asked.trust), load_profiles()
    memory = Memory(session, asked.state or state_folder(session.environment), pinned.origin)
    now = session.now() if asked.at is None else asked.at
    report = check_certificate(claims.code, place, trust=pinned, profiles=profiles, now=now, seen=memory.seen)
    memory.keep(report.seen)
    print_report(session, report, profiles, as_json=asked.as_json)
    code = EXIT_CODES[report.verdict]
    if "facts" not in report.sections:
        return code
    signatories = read_signatories(claims.code, place.files, pinned)
    standing = key_standing(credential, signatories)
    session.terminal.say(f"cli.check.credential.key.{standing}", org=claims.org, did=credential.did)
    differing = compare_claims(credential, report, signatories, profiles)
    if differing == ["seq"]:
        session.terminal.say("cli.check.credential.corrected")
    else:
        for name in differing:
            session.terminal.say("cli.check.credential.differs", what=texts(f"cli.claim.{name}"))
    if standing != "filed" or differing:
        return max(code, REFUSED)
    session.terminal.say("cli.check.credential.same")
    if claims.name or claims.doc_no:
        session.terminal.hint("cli.check.credential.word")
    return code


def site_address(site: str) -> str:
    """Return the address of a site without a slash at its end."""
    from ledger.core.errors import FormatError
    from ledger.forms.credential import check_site

    try:
        return check_site(site)
    except FormatError as error:
        raise CommandError("cli.print.site", code=USAGE, site=site) from error


@contextmanager
def credential_extra() -> Iterator[None]:
    """Say what is missing where the extra `credential` is not installed."""
    try:
        yield
    except ImportError as error:
        raise CommandError("cli.export.missing", "cli.export.missing.hint", code=COULD_NOT_CHECK) from error
