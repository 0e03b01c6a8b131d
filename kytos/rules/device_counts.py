"""Devices as resources: pods that a plan brings to a node share those that are free there.

Requests of one class and with the same selectors are of one kind, and each kind has on every node
the devices that suit it. Of the requests that nothing outside of a set of devices suits, a node
takes as many as it has devices of the set; the sets are those of each kind, of every two kinds that
overlap, and of all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from itertools import combinations

from kytos.cluster import DeviceRequest
from kytos.rules.devices import claims_of, suiting_devices
from kytos.rules.index import RuleIndex

Kind = tuple[str, tuple[str, ...]]
"""A device class and selectors beside it."""
Suiting = tuple[frozenset[int], ...]
"""Per node, positions of its free devices."""

ALL = 10**6
"""What a claim asks for that takes all devices of its kind, of as many there are for others."""


def count_devices(
    index: RuleIndex,
    decided: Collection[str],
    asked: defaultdict[str, Counter[str]],
    offered: defaultdict[int, dict[str, int]],
) -> None:
    """Write what claims ask for that nothing is allocated to yet, and what nodes have free."""
    wanted: dict[str, Counter[Kind]] = {}
    greedy: defaultdict[str, set[Kind]] = defaultdict(set)
    for position, pod in enumerate(index.pods):
        if not pod.resource_claims or (index.home[position] < 0 and pod.id not in decided):
            continue
        for claim in claims_of(index, pod):
            # A pod that runs holds its devices already, counted by its claim's allocation.
            if claim.claim is None or claim.claim.allocated:
                continue
            for request in claim.claim.requests:
                kind = (request.device_class, request.selectors)
                if request.all_devices:
                    greedy[pod.id].add(kind)
                wanted.setdefault(pod.id, Counter())[kind] += request.count
    kinds = list(dict.fromkeys(kind for counts in wanted.values() for kind in counts))
    suits = {kind: _suiting(index, kind) for kind in kinds}
    for name, suiting in _sets(suits).items():
        inside = [
            kind
            for kind in kinds
            if all(mine <= there for mine, there in zip(suits[kind], suiting, strict=True))
        ]
        for asker, counts in wanted.items():
            count = sum(counts[kind] for kind in inside)
            if count:
                asked[asker][name] += count
        for node, devices in enumerate(suiting):
            offered[node][name] = len(devices)
    _keep_all_apart(suits, wanted, greedy, asked, offered)


def _suiting(index: RuleIndex, kind: Kind) -> Suiting:
    request = DeviceRequest(device_class=kind[0], selectors=kind[1])
    return tuple(
        frozenset(suiting_devices(index, node, request)) for node in range(len(index.nodes))
    )


def _sets(suits: Mapping[Kind, Suiting]) -> dict[str, Suiting]:
    """The sets of devices to count, each distinct one once, by the resource's name."""
    names: dict[Suiting, str] = {}

    def add(name: str, *kinds: Kind) -> None:
        united = (frozenset[int]().union(*at) for at in zip(*map(suits.get, kinds), strict=True))
        taken = sum(1 for other in names.values() if other.partition(" #")[0] == name)
        names.setdefault(tuple(united), f"{name} #{taken + 1}" if taken else name)

    for kind in suits:
        add(f"devices of class {kind[0]}", kind)
    for one, other in combinations(suits, 2):
        if _overlap(suits[one], suits[other]):
            add(f"devices of classes {one[0]} and {other[0]}", one, other)
    if len(suits) > 2:
        add("devices", *suits)
    return {name: suiting for suiting, name in names.items()}


def _overlap(one: Suiting, other: Suiting) -> bool:
    return any(mine & theirs for mine, theirs in zip(one, other, strict=True))


def _keep_all_apart(
    suits: Mapping[Kind, Suiting],
    wanted: Mapping[str, Counter[Kind]],
    greedy: Mapping[str, set[Kind]],
    asked: defaultdict[str, Counter[str]],
    offered: defaultdict[int, dict[str, int]],
) -> None:
    """Let no pod that takes all devices of a kind share a node with one that takes any of them."""
    for kind in dict.fromkeys(kind for kinds in greedy.values() for kind in kinds):
        name = f"all devices of class {kind[0]}"
        for pod, counts in wanted.items():
            if kind in greedy.get(pod, ()):
                asked[pod][name] = ALL
            elif any(_overlap(suits[kind], suits[other]) for other in counts):
                asked[pod][name] = max(asked[pod][name], 1)
        for node in range(len(next(iter(suits.values())))):
            offered[node][name] = ALL
