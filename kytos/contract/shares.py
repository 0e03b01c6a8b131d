"""Who brought the plan where it is: from the start by each part of the solver to what is proven."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from kytos.cluster import Frozen
from kytos.contract.run_report import Stage

START, BOUND = "start", "bound"

SAMPLER, REFINEMENT, SEARCH, EXACT, PLACER = "sampler", "refinement", "search", "exact", "placer"

_PARTS = {
    "build": SAMPLER,
    "sample": SAMPLER,
    "decode and repair": SAMPLER,
    "repair": SAMPLER,
    "refine": REFINEMENT,
    "cp-sat": EXACT,
    "place": PLACER,
}
"""By the name of a stage; blocks of a hybrid are a sampler's, other stages keep their name."""


class Share(Frozen):
    """One step on the way of the energy from the start to what is proven possible."""

    part: str = Field(
        description="start, sampler, refinement, search, exact, placer or bound; a stage of "
        "another name has that"
    )
    energy: float | None = Field(None, description="energy H after it; of bound, that bound")
    gained: float = Field(0.0, description="by how much the part lowered H, as often as it ran")
    share: float | None = Field(
        None, ge=0, description="of all that was gained, 0 to 1; null where nothing was"
    )


def part_of(stage: str) -> str:
    """Return the part of the solver that a stage belongs to.

    Examples
    --------
    >>> part_of("blocks by openjij-sa"), part_of("refine"), part_of("survive")
    ('sampler', 'refinement', 'survive')
    """
    if stage.startswith("blocks by "):
        return SAMPLER
    return SEARCH if stage.startswith("search by ") else _PARTS.get(stage, stage)


def shares_of(
    stages: Iterable[Stage], start: float, bound: float | None = None
) -> tuple[Share, ...]:
    """Return the way from `start` by each part, in the order of their first stage, to `bound`.

    Examples
    --------
    >>> stages = [Stage(name="sample", seconds=1, energy=8, gained=2),
    ...           Stage(name="refine", seconds=1, energy=4, gained=4)]
    >>> [(share.part, share.energy, share.gained) for share in shares_of(stages, 10, 3)]
    [('start', 10.0, 0.0), ('sampler', 8.0, 2.0), ('refinement', 4.0, 4.0), ('bound', 3.0, 0.0)]
    """
    gained: dict[str, float] = {}
    energy: dict[str, float | None] = {}
    reached: float | None = start
    for stage in stages:
        part = part_of(stage.name)
        fell = stage.gained
        if fell is None:  # it tells no more than what it reached
            fell = 0.0 if reached is None or stage.energy is None else reached - stage.energy
        gained[part] = gained.get(part, 0.0) + max(0.0, fell)
        reached = reached if stage.energy is None else stage.energy
        energy[part] = reached
    whole = sum(gained.values())
    way = [Share(part=START, energy=start)]
    way += [
        Share(part=part, energy=energy[part], gained=fell, share=fell / whole if whole else None)
        for part, fell in gained.items()
    ]
    return (*way, *(() if bound is None else (Share(part=BOUND, energy=bound),)))
