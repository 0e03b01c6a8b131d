"""How full is too full: the one scale of the fullest node, for every page."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from kytos.language import N_, _

AMBER = 0.85
"""Above this share a node has little room for a rolling update or a burst."""
RED = 0.95
"""Above this share the next pod of any size has to go elsewhere."""


class Fullness(Enum):
    """A level with its word and icon, and the colour beside them, which is never the only sign."""

    ROOM = (N_("room left"), ":material/check_circle:")
    TIGHT = (N_("tight"), ":material/warning:")
    FULL = (N_("almost full"), ":material/error:")
    OVER = (N_("over capacity"), ":material/error:")

    @property
    def word(self) -> str:
        """What is said of such a node."""
        return _(self.value[0])

    @property
    def icon(self) -> str:
        """The sign beside it."""
        return self.value[1]

    @property
    def colour(self) -> Literal["green", "orange", "red"]:
        """One of Streamlit's named colours."""
        colours: dict[str, Literal["green", "orange", "red"]] = {"ROOM": "green", "TIGHT": "orange"}
        return colours.get(self.name, "red")


def fullness(share: float) -> Fullness:
    """Return the level of a node that is filled to `share`.

    Examples
    --------
    >>> fullness(0.85).word, fullness(0.86).word, fullness(0.96).word
    ('room left', 'tight', 'almost full')
    """
    if share > 1 + 1e-9:
        return Fullness.OVER
    if share > RED:
        return Fullness.FULL
    return Fullness.TIGHT if share > AMBER else Fullness.ROOM
