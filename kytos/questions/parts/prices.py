"""What nodes cost where a question weighs money: known prices, and estimates for the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kytos.cluster import INSTANCE_TYPE, LOAD_RESOURCES, Cluster, Node, Note, NoteKind
from kytos.language import said
from kytos.problem import Floats


def prices_by_size(nodes: Sequence[Node]) -> Floats:
    """``(nodes,)`` per hour; an unknown one by size, at what the known ones cost for theirs.

    Where none is known, every price is 1: energies count nodes, whatever their sizes.
    """
    size = np.array(
        [[node.allocatable.get(name, 0) for name in LOAD_RESOURCES] for node in nodes], dtype=float
    ).reshape(-1, len(LOAD_RESOURCES))
    size = (size / np.maximum(size.sum(axis=0), 1)).mean(axis=1)
    known = np.array([node.price_per_hour is not None for node in nodes], dtype=np.bool_)
    price = np.array([node.price_per_hour or 0.0 for node in nodes], dtype=float)
    if known.all():
        return price
    sized = float(size[known].sum())
    if sized <= 0:
        return np.where(known, price, 1.0)
    return np.where(known, price, float(price[known].sum()) / sized * size)


def prices_known(cluster: Cluster) -> bool:
    """Whether any node's price is known: then prices are money, the others estimated."""
    return any(node.price_per_hour is not None for node in cluster.nodes)


def price_notes(nodes: Sequence[Node]) -> tuple[Note, ...]:
    """Say which prices are assumed, and what they are taken to be; nothing where all are known."""
    unknown = [at for at, node in enumerate(nodes) if node.price_per_hour is None]
    if not unknown:
        return ()
    if len(unknown) == len(nodes):
        none = said("no node's price is known: every node counts as one, and no price is told")
        return (Note(message=none, kind=NoteKind.ASSUMED, count=len(nodes)),)
    price = prices_by_size(nodes)
    return (
        Note(
            message=said(
                "prices that are not known are assumed, at what the known ones cost for their size"
            ),
            kind=NoteKind.ASSUMED,
            subjects=tuple(f"{_named(nodes[at])}: ${price[at]:.4g}/h" for at in unknown[:3]),
            count=len(unknown),
        ),
    )


def _named(node: Node) -> str:
    kind = node.labels.get(INSTANCE_TYPE)
    return f"{node.name} ({kind})" if kind else node.name
