"""Which nodes to free: those that save most for the room they take, chosen again and again.

The anneal meets a set of nodes to free by chance, pod by pod. Here whole nodes are the moves: all
that are worth it are emptied one after another; then some are opened again, their pods sent home,
and others emptied instead.
"""

from __future__ import annotations

import numpy as np

from kytos.contract.watch import Watch
from kytos.problem import Floats, Ints
from kytos.refine import kernels
from kytos.refine.ejection import EjectionSearch

LEEWAY = 0.1
"""Of a node's mean price, how far above the best a choice may be to go on from it."""
NOISE = 0.4
"""Spread of the logarithm of a node's worth from one choice to the next."""
MOST_OPENED = 3
"""Nodes opened again at once, at the most."""
LAST = 1e-6
"""Puts the nodes just opened at the end of the order, and their worth still above nothing."""
PATIENCE = 16
"""Looks at every pod and node that emptying one node may take: most that works takes far fewer."""


class NodeChooser:
    """Chooses nodes to free on one state; what a choice costs is for the caller to judge."""

    def __init__(self, search: EjectionSearch, seed: int) -> None:
        """Work on the search's state and count what is looked at with it."""
        self.search = search
        self.flat, self.state = search.flat, search.state
        self.rng = np.random.default_rng(seed)

    @property
    def leeway(self) -> float:
        """How much above the best a choice may be that others are chosen around."""
        return LEEWAY * float(self.flat.node["price"].mean())

    def free_all(self, limit: int, watch: Watch) -> None:
        """Empty nodes as long as that lowers H, the most worthwhile first.

        Ends when the search has looked at as many pods and nodes as `limit`, or the watch says.
        """
        self._free(self._worth(), limit, watch)

    def free_others(self, limit: int, watch: Watch) -> None:
        """Open some freed nodes again, and empty others, in an order left partly to chance."""
        spared = self._open_some()
        worth = self._worth() * np.exp(NOISE * self.rng.standard_normal(len(self.state.node)))
        worth[spared] *= LAST
        self._free(worth, limit, watch)

    def _free(self, worth: Floats, limit: int, watch: Watch) -> None:
        present = kernels.energy_of(self.flat, self.state)
        budget = PATIENCE * (len(self.state.place) + len(worth))
        for node in np.argsort(-worth, kind="stable"):
            if worth[node] <= 0.0 or self.search.looked >= limit or watch.reason is not None:
                return
            if not self._others_have_room(node):
                continue
            before = self.state.place.copy()
            self.search.looked += len(before)
            if self.search.vacate(int(node), budget):
                reached = kernels.energy_of(self.flat, self.state)
                if reached < present:
                    present = reached
                else:
                    kernels.load(self.flat, self.state, before)

    def _open_some(self) -> Ints:
        """Send the pods of some freed nodes home again, as far as they may; return the nodes."""
        home = self.flat.pod["home"].copy()
        empty = np.flatnonzero((self.state.node["count"] == 0) & (self.flat.node["price"] > 0))
        count = int(self.rng.integers(1, MOST_OPENED + 1))
        chosen = self.rng.permutation(empty[np.isin(empty, home)])[:count]
        back = np.flatnonzero(np.isin(home, chosen))
        kernels.approach(self.flat, self.state, back, home)
        self.search.looked += len(back)
        return chosen

    def _worth(self) -> Floats:
        """``(nodes,)`` what freeing each saves for the room, and the moves, that it takes."""
        flat, state = self.flat, self.state
        home = (state.place == flat.pod["home"]) & (state.place >= 0)
        leaving = np.bincount(
            state.place[home], flat.pod["move_cost"][home], minlength=len(state.node)
        )
        moves = np.bincount(state.place[home], minlength=len(state.node))
        used = (state.node["count"] > 0) & (flat.node["held_open"] == 0)
        saved = np.where(used, flat.node["price"] - leaving, 0.0)
        room = np.maximum(flat.capacity - state.held, 0)[self.search.open_nodes()].sum(axis=0)
        taken = (flat.capacity / np.maximum(room, 1)).max(axis=1, initial=0.0)
        movable = flat.setting["max_moves"][0] - state.gone[0]
        taken += moves / max(1, movable)
        worth: Floats = saved / np.maximum(taken, 1e-9)
        return worth

    def _others_have_room(self, node: int) -> bool:
        """Whether what can leave a node would fit into the others, if pods were liquid."""
        flat, state = self.flat, self.state
        others = self.search.open_nodes()
        others[node] = False
        room = np.maximum(flat.capacity - state.held, 0)[others].sum(axis=0)
        return bool((state.held[node] - self.search.problem.fixed[node] <= room).all())
