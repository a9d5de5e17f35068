"""Before step V2 of a verification: the trust that is pinned now, held against the one that this verifier knew before.

A page brings its own trust.json, so whoever changes the page changes what is pinned. A verifier that was here before
remembers the trust of a ledger that has custodians, and only what they decided since is followed:

    the page's is what was known, or follows it     it is pinned, and remembered
    the page's is older than what was known         the newer one stays pinned: the page is an old copy
    it neither is nor follows it                    V2 fails with trust_changed

A head under a log key of before (`former_key`) is undecided: an old copy, or a thief of a key that was replaced.
"""

from collections.abc import Generator
from dataclasses import dataclass

from ledger.core.checklist import Absent, Answers, Checklist
from ledger.core.custody import follow, is_former
from ledger.core.ed25519 import Verify
from ledger.core.errors import LedgerError
from ledger.core.trust import Trust

__all__ = ["TrustChecklist"]


@dataclass
class TrustChecklist(Checklist):
    """A checklist that verifies under `trust`."""

    trust: Trust
    verify: Verify

    def pin(self, known: Trust | None) -> Generator[tuple[str, ...], Answers, None]:
        """Hold the pinned trust against the one that was known before, and go on with the newer one."""
        if known is None or known.custodians is None or known == self.trust:
            return
        try:
            newest = yield from follow(known, self.verify, self.trust)
        except LedgerError as error:
            self.failed("V2", "trust_changed", {"problem": str(error)})
        if isinstance(newest, Absent):
            self.undecided("V2", "unreachable", {"file": "trust/"})
        if newest != self.trust and newest.version <= self.trust.version:
            self.failed("V2", "trust_changed", {"known": known.version, "pinned": self.trust.version})
        self.trust = newest

    def former(self, note: bytes) -> None:
        """Leave V2 undecided where a log key of before signed `note`: it says nothing about today any more."""
        if is_former(note, self.trust, self.verify):
            self.undecided("V2", "former_key")
