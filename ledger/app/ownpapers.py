"""Own papers: certificates printed on an organisation's own machine, where its holders are and the ledger is not.

The ledger is read from the place that was joined, under the keys that were pinned then; the holders come from the
organisation's register. Only what the authority has appended can be proven, and only that is printed.
"""

from collections.abc import Callable

from ledger.app.collecting import open_row
from ledger.app.holders import Holder
from ledger.app.home import HomeError
from ledger.app.opening import DATA_KEY
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.store.holdings import REPLACED, Holding, Holdings

__all__ = ["own_holders", "own_numbers"]


def own_numbers(register: Holdings, batch: str) -> list[tuple[str, bool]]:
    """Return the numbers of the roster whose digest begins with `batch`, and whether the holder is still there.

    Raises HomeError if it is not one roster.
    """
    found = [one for one in register.batches() if one.digest.hex().startswith(batch.lower())]
    if len(found) != 1:
        raise HomeError(f"{len(found)} batches begin with {batch}; `ledger collect` names them")
    return [(held.code, held.sealed is not None) for held in register.holdings(found[0].digest)]


def own_holders(register: Holdings, keyring: Keyring) -> Callable[[str], Holder]:
    """Return what gives a number's holder from the register. It raises HomeError for one that is not there."""
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    held: dict[str, Holding] = {}
    for batch in sorted(register.batches(), key=lambda batch: batch.state != REPLACED):  # what was replaced, first
        held.update({row.code: row for row in register.holdings(batch.digest)})

    def holder_of(code: str) -> Holder:
        row = held.get(code)
        if row is None:
            raise HomeError(f"{code} was not signed on this machine")
        if row.sealed is None:
            raise HomeError(f"the holder's data of {code} are not in the register any more")
        verification_code, known = open_row(sealer, row.digest.hex(), row)
        return Holder(known.name, known.doc_type, known.doc_no, known.employer, verification_code)

    return holder_of
