"""Findings: what an audit has to say, one thing each."""

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: a reason code, the place (entry or file), the problem in words."""

    rule: str
    where: str
    problem: str
