"""One kind of node that can be bought."""

from __future__ import annotations

from dataclasses import dataclass

from kytos.cluster import HOSTNAME, Node, Resources


@dataclass(frozen=True)
class Offer:
    """One kind of node that can be bought.

    Attributes
    ----------
    limit
        How many there are at most.
    shares
        Position of the type in the request: its `count` holds for all zones together.
    node
        One of them, under a name that no node of the cluster has.
    pool
        The NodePool that buys it, or None.
    """

    type: str
    capacity_type: str
    zone: str | None
    price: float
    limit: int
    shares: int
    node: Node
    pool: str | None = None
    capacity: Resources | None = None
    """The machine's size where it is known: what a NodePool's limits count."""

    def bought(self, name: str) -> Node:
        """A node of this kind by its own name."""
        labels = self.node.labels | {HOSTNAME: name}
        return self.node.model_copy(update={"name": name, "labels": labels})
