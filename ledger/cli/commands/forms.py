"""`ledger form list|blank|export|check`: the forms of the notices, empty, filled in from the ledger, and read back."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import DONE, REFUSED, USAGE, CommandError
from ledger.cli.finding_list import print_findings
from ledger.cli.session import Session
from ledger.cli.wide import table
from ledger.core.errors import FormatError

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.forms.filling import FormValues
    from ledger.forms.layouts import Layout

__all__ = ["blank", "check", "export", "list_"]


def list_(session: Session) -> int:
    """List the forms with their titles and the places of the notices that ask for them."""
    from ledger.forms.layouts import layout_ids, load_layout

    layouts = [load_layout(form_id) for form_id in layout_ids()]
    chinese = session.texts.language == "zh"
    rows = [[one.id, one.printed_title if chinese else one.en, one.source] for one in layouts]
    for line in table([session.texts(f"cli.form.{name}") for name in ("id", "title", "source")], rows):
        session.terminal.result(line)
    return DONE


def blank(session: Session, *, form: str, out: Path) -> int:
    """Write an empty form."""
    from ledger.forms.pages import write_form

    layout = _layout(form)
    write_form(_free(out), layout)
    session.terminal.result(session.texts("cli.form.written", title=layout.printed_title, path=out))
    return DONE


def export(
    session: Session,
    *,
    form: str,
    out: Path,
    batch: str | None,
    org: str | None,
    first: str | None,
    last: str | None,
    values: Path | None,
) -> int:
    """Write a form filled in from the ledger, and from a TOML of values for what the ledger does not know."""
    from ledger.app.forms_out import OF_PERSONS, FormRefused, Wanted, export_form, find_batch, names_somebody
    from ledger.app.home import load_profiles

    layout = _layout(form)
    _free(out)
    given = _values(values, layout)
    texts, terminal = session.texts, session.terminal
    with session.reading() as (home, store):
        private = form in OF_PERSONS or (form == "receipt" and names_somebody(store, org or ""))
        keyring = session.keyring(home, session.passphrase()) if private else None
        chosen = find_batch(store, batch) if batch else None
        wanted = Wanted(chosen, org or "", first or "", last or "", given)
        try:
            done = export_form(out, layout, wanted, store, load_profiles(), keyring)
        except FormRefused as refused:
            print_findings(session, refused.findings)
            terminal.error(texts("cli.form.refused", errors=len(refused.findings)))
            return REFUSED
    terminal.result(texts("cli.form.written", title=layout.printed_title, path=out))
    if done.left_out:
        terminal.say("cli.form.left_out", count=done.left_out)
    if done.blank:
        terminal.hint("cli.form.blanks", labels="、".join(done.blank))
    if private:
        terminal.hint("cli.form.private")
    return DONE


def check(session: Session, *, form: str, workbook: Path) -> int:
    """Read a filled form and say what is missing, not allowed, or does not add up."""
    from ledger.forms.page_reader import read_form

    layout = _layout(form)
    reading = read_form(workbook, layout)
    if reading.findings:
        print_findings(session, reading.findings)
    if not reading.ok:
        session.terminal.error(session.texts("cli.form.refused", errors=len(reading.findings)))
        return REFUSED
    session.terminal.result(session.texts("cli.form.sound", title=layout.printed_title, count=len(reading.values.rows)))
    return DONE


def _layout(form: str) -> "Layout":
    from ledger.forms.layouts import layout_ids, load_layout

    if form not in layout_ids():
        raise CommandError("cli.form.unknown", code=USAGE, form=form, known=", ".join(layout_ids()))
    return load_layout(form)


def _free(out: Path) -> Path:
    """Return the path if nothing is there: a form may have been filled in by hand since it was written."""
    if out.exists():
        raise CommandError("cli.form.exists", code=USAGE, path=out)
    return out


def _values(file: Path | None, layout: "Layout") -> "FormValues":
    from ledger.forms.filling import FormValues, parse_values

    if file is None:
        return FormValues()
    try:
        return parse_values(file.read_text(encoding="utf-8"), layout)
    except UnicodeDecodeError as error:
        raise CommandError("cli.not_utf8", path=file) from error
    except FormatError as error:
        raise CommandError("cli.form.values", path=file, reason=error.reason) from error
