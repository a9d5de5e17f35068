r"""C2SP tlog-policy: which witnesses must have cosigned a checkpoint before it is believed.

    policy   = lines, each ended by "\n": words with one or more spaces or tabs between them; an empty line and one
               whose first word begins with "#" say nothing
    line     = "log" vkey [url] | "witness" name vkey [url] | "group" name rule 1*member | "quorum" name
    rule     = "all" | "any" | k, a decimal from 1 to the number of members
    quorum   = the name of a witness or of a group, or "none"

A name is defined once, before it is used, and is a member of one group at most; no public key stands twice, not even
under another name; there is exactly one quorum. The key of a `log` line is of kind 1, that of a `witness` of kind 4.
The empty text is a policy too: it asks for nothing, as `quorum none` does.

A cosignature is a witness's word that at its time this was the largest consistent state it had seen. A policy is met at
the time by which enough of them had seen it: for a group of k, the k-th newest of its members' times.

>>> policy = parse_policy(
...     "witness remora remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2 https://remora.n621.de\n"
...     "group enough 1 remora\n"
...     "quorum enough\n")
>>> witness, = policy.witnesses.values()
>>> policy.met_at({witness.key: 1779573024}), policy.met_at({})
(1779573024, None)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.core.encoding import format_decimal, parse_decimal
from ledger.core.errors import FormatError
from ledger.core.note import COSIGNATURE, ED25519, VerifierKey, format_vkey, parse_vkey

__all__ = ["MAX_LINES", "Group", "Policy", "Witness", "format_policy", "parse_policy"]

MAX_LINES = 200  # the specification asks for room for 32 logs, witnesses and groups

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness's key (kind 4), and where it can be asked, if it says so."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Met when `needed` of its members (names of witnesses and groups) are."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs by key, witnesses and groups by name; `quorum` is the name of one of these, None if nothing is asked."""

    logs: tuple[VerifierKey, ...] = ()
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    def met_at(self, times: Mapping[VerifierKey, int]) -> int | None:
        """Return the time (Unix seconds) by which the quorum had cosigned, None if it has not.

        `times` are those of the witnesses' cosignatures that were verified. Call it of a policy with a quorum only.
        """
        return None if self.quorum is None else self._time_of(self.quorum, times)

    def _time_of(self, name: str, times: Mapping[VerifierKey, int]) -> int | None:
        if name in self.witnesses:
            return times.get(self.witnesses[name].key)
        group = self.groups[name]
        met = sorted((t for m in group.members if (t := self._time_of(m, times)) is not None), reverse=True)
        return met[group.needed - 1] if len(met) >= group.needed else None


def parse_policy(text: str) -> Policy:
    """Return the policy that `text` writes. Raises FormatError, which names the line."""
    if not text:
        return Policy()
    if not text.endswith("\n") or _CONTROL.search(text) is not None:
        raise FormatError("policy", "not lines of text, each ended by a newline, without control characters")
    lines = text.split("\n")[:-1]
    if len(lines) > MAX_LINES:
        raise FormatError("policy", f"more than {MAX_LINES} lines")
    draft = _Draft()
    for number, line in enumerate(lines, 1):
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            draft.take(f"policy line {number}", words)
    if draft.quorum is None:
        raise FormatError("policy", "no quorum line")
    quorum = None if draft.quorum == _NONE else draft.quorum
    return Policy(tuple(draft.logs), draft.witnesses, draft.groups, quorum)


@dataclass
class _Draft:
    """What the lines so far have defined."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    publics: set[bytes] = field(default_factory=set)
    grouped: set[str] = field(default_factory=set)

    def take(self, where: str, words: list[str]) -> None:
        kind, *rest = words
        if kind == "log" and len(rest) in (1, 2):
            self.logs.append(self.key(where, rest[0], ED25519))
        elif kind == "witness" and len(rest) in (2, 3):
            self.define(where, rest[0])
            self.witnesses[rest[0]] = Witness(self.key(where, rest[1], COSIGNATURE), *rest[2:])
        elif kind == "group" and len(rest) > 2:
            self.group(where, *rest)
        elif kind == "quorum" and len(rest) == 1:
            if self.quorum is not None:
                raise FormatError(where, "a second quorum")
            if rest[0] != _NONE:
                self.known(where, rest[0])
            self.quorum = rest[0]
        else:
            raise FormatError(where, "not a log, witness, group or quorum line with its words")

    def group(self, where: str, name: str, rule: str, *members: str) -> None:
        self.define(where, name)
        for member in members:
            self.known(where, member)
            if member in self.grouped:
                raise FormatError(where, "a member of a group already")
            self.grouped.add(member)
        count = len(members)
        needed = {"all": count, "any": 1}.get(rule) or parse_decimal(rule, where)
        if not 1 <= needed <= count:
            raise FormatError(where, f"asks for {needed} of {count} members")
        self.groups[name] = Group(needed, members)

    def define(self, where: str, name: str) -> None:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise FormatError(where, "this name is taken")

    def known(self, where: str, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise FormatError(where, "a name that no line before defines")

    def key(self, where: str, text: str, kind: int) -> VerifierKey:
        try:
            key = parse_vkey(text)
        except FormatError as error:
            raise FormatError(where, str(error)) from error
        if key.kind != kind:
            raise FormatError(where, f"not a key of kind {kind}")
        if key.public in self.publics:
            raise FormatError(where, "this public key stands here twice")
        self.publics.add(key.public)
        return key


def format_policy(policy: Policy) -> str:
    """Return the policy as text: logs, witnesses, groups, quorum; `parse_policy` gives it back."""
    lines = [f"log {format_vkey(key)}" for key in policy.logs]
    lines += [
        f"witness {name} {format_vkey(one.key)}{one.url and ' '}{one.url}" for name, one in policy.witnesses.items()
    ]
    lines += [
        f"group {name} {format_decimal(group.needed)} {' '.join(group.members)}"
        for name, group in policy.groups.items()
    ]
    lines.append(f"quorum {policy.quorum or _NONE}")
    text = "".join(f"{line}\n" for line in lines)
    if parse_policy(text) != policy:
        raise FormatError("policy", "it cannot be read back")
    return text
