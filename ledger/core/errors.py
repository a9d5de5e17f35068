"""The errors of the ledger, and nothing else.

    LedgerError
    ├── FormatError      bytes or text do not have the one accepted form
    ├── SignatureError   a signature is missing, ambiguous or does not verify
    ├── ProofError       hashes do not lead to the root
    └── RuleError        well-formed and authentic, but against a rule

A function of the core raises these on bad input and nothing else; a ValueError, KeyError or RecursionError
that escapes is a defect. Messages name the place and the reason, never the offending value: it may be
personal data.

>>> str(FormatError("entry", "key order", 17))
'entry: key order (at byte 17)'
"""

__all__ = ["FormatError", "LedgerError", "ProofError", "RuleError", "SignatureError"]


class LedgerError(Exception):
    """Root of the tree; never raised itself."""


class FormatError(LedgerError):
    """`what` (the thing being read or written) does not have the one accepted form, for `reason`.

    `offset` counts bytes from the start of the thing, where that is known.
    """

    def __init__(self, what: str, reason: str, offset: int | None = None) -> None:
        super().__init__(f"{what}: {reason}" + ("" if offset is None else f" (at byte {offset})"))
        self.what = what
        self.reason = reason
        self.offset = offset


class SignatureError(LedgerError):
    """A signature that should be by the key `name` does not stand, for `reason`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class ProofError(LedgerError):
    """A Merkle proof does not prove what it should, for `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RuleError(LedgerError):
    """`rule` (a rule id of a profile, or a reason code of a verification step) is broken, for `reason`."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason
