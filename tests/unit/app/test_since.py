"""An audit of the new part only: the ledger must continue what was kept, and what is new is verified."""

from dataclasses import replace
from pathlib import Path

from ledger.app.auditing import audit_place
from ledger.app.places import FolderPlace
from ledger.core.checkpoint import Checkpoint
from ledger.core.custody import open_own
from ledger.core.record import sign_record
from ledger.crypto.pynacl_verify import verify
from tests.simulator import PROFILES, SCHOOL, Simulator, event_body, number


def written(folder: Path, ledger: Simulator) -> FolderPlace:
    for path, data in ledger.files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return FolderPlace(folder)


def forged(code: str) -> tuple[Simulator, Checkpoint]:
    """A ledger whose first event about `code` is signed by a thief, with the checkpoint before that."""
    made = Simulator()
    made.issue(1)
    kept = open_own(made.sealed[-1].note, made.trust, verify)
    body = event_body(code)
    bad = replace(sign_record("certificate.revoke", body, made.key(SCHOOL)), sig="A" * 86)
    made.batch(bad)
    return made, kept


def test_the_new_part_is_verified_and_the_old_one_is_not_again(tmp_path: Path) -> None:
    made, before = forged(number(1))
    place = written(tmp_path, made)
    after = open_own(made.sealed[-1].note, made.trust, verify)
    assert audit_place(place, made.trust, PROFILES).findings[0].rule == "record_signature"
    assert audit_place(place, made.trust, PROFILES, since=before).findings[0].rule == "record_signature"
    assert audit_place(place, made.trust, PROFILES, since=after).verdict == "verified"  # it was seen to before


def test_a_kept_checkpoint_of_another_history_is_a_fork_and_saves_nothing(tmp_path: Path) -> None:
    made, before = forged(number(1))
    other = replace(before, root=bytes(32))
    audit = audit_place(written(tmp_path, made), made.trust, PROFILES, since=other)
    assert [finding.rule for finding in audit.findings] == ["forked", "record_signature"]


def test_an_older_place_could_not_be_checked_further(tmp_path: Path) -> None:
    made = Simulator()
    place = written(tmp_path, made)
    made.issue(1)
    newer = open_own(made.sealed[-1].note, made.trust, verify)
    audit = audit_place(place, made.trust, PROFILES, since=newer)
    assert (audit.verdict, audit.unreachable) == ("not_checked", ["checkpoint"])
