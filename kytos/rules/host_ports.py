"""The rule about host ports: a port of a node is taken once per protocol and address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping

import numpy as np

from kytos.cluster import Pod
from kytos.language import said
from kytos.problem import Bools, Ints
from kytos.rules.base import Rule, none_refused
from kytos.rules.index import RuleIndex

ANY_ADDRESS = "0.0.0.0"  # noqa: S104  (Kubernetes' wildcard; nothing listens here)

PortKey = tuple[str, int]
"""Protocol and port."""


def ports_taken(pod: Pod) -> Iterator[tuple[PortKey, str]]:
    """Protocol and port, and the address, of each host port of a pod.

    Source: ``HostPortInfo`` of Kubernetes' scheduler framework: no address means all, and only
    ``0.0.0.0`` stands for all (``::`` does not).
    """
    for port in pod.host_ports:
        if port.port > 0:
            yield (port.protocol or "TCP", port.port), port.ip or ANY_ADDRESS


def port_users(index: RuleIndex) -> Mapping[PortKey, Mapping[str, Ints]]:
    """Positions of the pods that take each port, by address."""

    def find() -> Mapping[PortKey, Mapping[str, Ints]]:
        users: dict[PortKey, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for position, pod in enumerate(index.pods):
            for key, address in ports_taken(pod):
                users[key][address].append(position)
        return {
            key: {address: np.unique(pods) for address, pods in by_address.items()}
            for key, by_address in users.items()
        }

    return index.once("port users", find)


def addresses_clash(one: str, other: str) -> bool:
    """Whether two addresses cannot both be bound on one port."""
    return one == other or ANY_ADDRESS in (one, other)


class HostPorts(Rule):
    """No two pods of a node take one port: same protocol, same address or either of them all.

    Source: Kubernetes' NodePorts plugin.
    """

    name = "host ports"
    summary = "host port taken"
    settled = False

    def key(self, index: RuleIndex, pod: int) -> Hashable:
        """The ports, and the pod itself where it runs."""
        ports = tuple(ports_taken(index.pods[pod]))
        return (ports, pod if index.home[pod] >= 0 else None) if ports else None

    def refused(self, index: RuleIndex, pod: int) -> Bools:
        """``(nodes,)`` where another pod has one of the ports."""
        refused = none_refused(index)
        for key, address in ports_taken(index.pods[pod]):
            refused[index.home[self._rivals(index, pod, key, address)]] = True
        return refused

    def reason(self, index: RuleIndex, pod: int, node: int) -> str:
        """Name the ports and who has them."""
        taken = [
            f"{key[1]}/{key[0]} ({index.pods[holders[0]].id})"
            for key, holders in self._held(index, pod, node)
        ]
        return said(f"host port {', '.join(taken)} is taken")

    def remedy(self, index: RuleIndex, pod: int, node: int) -> str | None:
        """Move whoever has the port, where it is one pod."""
        holders = {holder for _, pods in self._held(index, pod, node) for holder in pods}
        if len(holders) != 1:
            return None
        return said(f"move {index.pods[holders.pop()].id} off {index.nodes[node].name}")

    def _held(self, index: RuleIndex, pod: int, node: int) -> list[tuple[PortKey, list[int]]]:
        """Each port of the pod that is taken on the node, and who has it."""
        held = []
        for key, address in ports_taken(index.pods[pod]):
            rivals = self._rivals(index, pod, key, address)
            holders = rivals[index.home[rivals] == node]
            if len(holders):
                held.append((key, [int(holder) for holder in holders]))
        return held

    def _rivals(self, index: RuleIndex, pod: int, key: PortKey, address: str) -> Ints:
        """Positions of the bound pods, other than the pod itself, whose port clashes."""
        per_key = [
            users
            for other, users in port_users(index)[key].items()
            if addresses_clash(address, other)
        ]
        rivals = np.concatenate(per_key)
        return np.asarray(rivals[(rivals != pod) & (index.home[rivals] >= 0)])
