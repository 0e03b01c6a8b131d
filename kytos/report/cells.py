"""A number of a result with what changes, as every page and the handout show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kytos.language import N_

Colour = Literal["off", "green", "orange", "red"]


@dataclass(frozen=True)
class Cell:
    """One number of a result.

    Attributes
    ----------
    delta
        How it changed, beginning with its sign; None when it did not.
    aimed_at
        Whether lower is better, and so coloured.
    remark
        Stands where a change would.
    icon, colour
        Of a remark that judges, with a word beside them; as Streamlit names them.
    """

    label: str
    value: str
    delta: str | None = None
    aimed_at: bool = False
    remark: str = N_("no change")
    icon: str | None = None
    colour: Colour = "off"
