"""Inspections 双随机: announce a pool, draw from a later checkpoint, record what was found.

Who draws chooses nothing: the seed is the root of the first checkpoint after the one that holds the announcement
(`core.draw`), so whoever has the ledger, or reads it where it is published, draws the same.
"""

from collections.abc import Mapping
from typing import NamedTuple, cast

from ledger.app.auditing import replay_place
from ledger.app.evidence import Piece, read_workflow
from ledger.app.places import Place
from ledger.core.canonical import Value
from ledger.core.draw import draw
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.core.registry import Registry
from ledger.core.trust import Trust
from ledger.core.workflow import Step, Workflow
from ledger.store import Store

__all__ = ["Drawn", "announcement", "drawn_in_place", "drawn_of", "result_of_draw"]


class Drawn(NamedTuple):
    """What a draw drew: pairs of organisation and inspector, from the checkpoint of `size` entries with `root`.

    Before there is such a checkpoint nothing is drawn, and `size` is 0. `outcomes` are those recorded, by organisation.
    """

    announced: Step
    size: int
    root: bytes
    pairs: list[tuple[str, str]]
    outcomes: Mapping[str, str]


def announcement(registry: Registry, orgs: list[str] | None, inspectors: list[str], draws: int, seq: int) -> Piece:
    """Return the announcement of a draw. `orgs`: the pool; None for every organisation that has not ended by `seq`."""
    pool = orgs or [code for code, org in registry.organisations.items() if not org.ended_at(seq)]
    if not pool:
        raise RuleError("draw_pool", "no organisation is filed that could be drawn")
    labels = cast("Value", sorted(set(inspectors)))
    body: dict[str, Value] = {"draws": draws, "inspectors": labels, "orgs": cast("Value", sorted(set(pool)))}
    return Piece("inspection.draw", body, "registrar")


def drawn_of(workflow: Workflow, seq: int) -> Drawn:
    """Return what the draw `seq` drew. Raises RuleError if there is no such draw."""
    announced = workflow.steps.get(seq)
    if announced is None or announced.type != "inspection.draw":
        raise RuleError("evidence_unknown", f"entry {seq} is no inspection.draw that stands")
    if seq not in workflow.roots:
        return Drawn(announced, 0, b"", [], {})
    size, root = workflow.roots[seq]
    orgs, inspectors = (cast("list[str]", announced.body[name]) for name in ("orgs", "inspectors"))
    pairs = draw(orgs, inspectors, announced.number("draws"), root)
    recorded = cast("list[dict[str, str]]", announced.closed.body["drawn"]) if announced.closed is not None else []
    return Drawn(announced, size, root, pairs, {one["org"]: one["outcome"] for one in recorded})


def drawn_in_place(place: Place, trust: Trust, profiles: Mapping[str, Profile], seq: int) -> Drawn | None:
    """Return what the draw `seq` drew in a published ledger, replayed from its entries.

    None if they could not be read whole, or are not those under the signed checkpoint. Raises RuleError if there is no
    such draw.
    """
    audit, chain = replay_place(place, trust, profiles)
    if chain is None or audit.checkpoint is None or chain.tiles.root() != audit.checkpoint.root:
        return None
    return drawn_of(chain.workflow, seq)


def result_of_draw(store: Store, profiles: Mapping[str, Profile], seq: int, outcomes: Mapping[str, str]) -> Piece:
    """Return the result of a draw: one outcome for each organisation that it drew. Raises RuleError."""
    _registry, workflow = read_workflow(store, profiles)
    drawn = drawn_of(workflow, seq)
    if not drawn.size:
        raise RuleError("draw_result", "there is no checkpoint after the announcement yet; `ledger renew` makes one")
    wanted = [org for org, _ in drawn.pairs]
    for org in sorted(outcomes.keys() ^ set(wanted)):
        problem = f"{org} was drawn and has no outcome" if org in wanted else f"{org} was not drawn"
        raise RuleError("draw_result", problem)
    rows = [{"inspector": inspector, "org": org, "outcome": outcomes[org]} for org, inspector in drawn.pairs]
    body: dict[str, Value] = {"draw": seq, "drawn": cast("Value", rows), "size": drawn.size}
    return Piece("inspection.result", body, "registrar")
