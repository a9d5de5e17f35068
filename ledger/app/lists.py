"""Masking a list of people that was read: what a notice may show of it."""

from ledger.core.mask import masked_view
from ledger.core.published import COLUMNS, NOBODY, PublishedList
from ledger.forms.people import People

__all__ = ["mask_people"]


def mask_people(people: People, preset: str, salt: bytes) -> PublishedList:
    """Return what is published of a list that was read. Under a preset that shows no names, names are "**"."""
    columns = tuple(column for column in COLUMNS if column in people.fields)
    rows = []
    for person in people.people:
        shown = masked_view(person.name, preset) if preset == "masked" else None
        values = {**person._asdict(), "name": shown["name"] if shown else NOBODY}
        rows.append(tuple(values[column] for column in columns))
    return PublishedList(columns, tuple(rows), salt)
