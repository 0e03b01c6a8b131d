"""Random small clusters in which every rule that depends on other pods has something to say."""

from __future__ import annotations

import numpy as np

from kytos.cluster import (
    HOSTNAME,
    ZONE,
    Claim,
    Cluster,
    Effect,
    HostPort,
    LabelSelector,
    Node,
    NodeTerm,
    Owner,
    Phase,
    Pod,
    PodTerm,
    PreferredPodTerm,
    Requirement,
    SpreadConstraint,
    Taint,
    Toleration,
    Volume,
)

APPS = ("a", "b", "c")
NAMESPACES = ("x", "y")
RACK = "rack"


def random_cluster(seed: int) -> Cluster:
    """A plain function of its seed; it may start overcommitted and with rules broken."""
    random = np.random.default_rng(seed)
    nodes = tuple(_node(position, random) for position in range(int(random.integers(3, 7))))
    pods = tuple(_pod(position, nodes, random) for position in range(int(random.integers(4, 13))))
    return Cluster(
        nodes=nodes,
        pods=pods,
        namespaces={"x": {"team": "red"}, "y": {"team": "blue"}},
        claims=tuple(
            Claim(
                name=name,
                namespace=namespace,
                volume=volume,
                access_modes=("ReadWriteOncePod",) if name == "sole" else ("ReadWriteOnce",),
            )
            for namespace in NAMESPACES
            for name, volume in (("sole", "anywhere"), ("zonal", "in-zone-1"))
        ),
        volumes=(Volume(name="anywhere"), Volume(name="in-zone-1", labels={ZONE: "zone-1"})),
    )


def _node(position: int, random: np.random.Generator) -> Node:
    labels = {HOSTNAME: f"n{position}"}
    if random.random() < 0.85:
        labels[ZONE] = f"zone-{random.integers(3)}"
    if random.random() < 0.7:
        labels[RACK] = f"rack-{random.integers(2)}"
    chance = random.random()
    taints: tuple[Taint, ...] = ()
    if chance < 0.15:
        taints = (Taint(key="gpu", value="present"),)
    elif chance < 0.25:
        taints = (Taint(key="soft", effect=Effect.PREFER_NO_SCHEDULE),)
    return Node(
        name=f"n{position}",
        allocatable={"cpu": int(random.integers(0, 9)), "memory": 8, "pods": 6},
        labels=labels,
        taints=taints,
        unschedulable=bool(random.random() < 0.1),
    )


def _pod(position: int, nodes: tuple[Node, ...], random: np.random.Generator) -> Pod:
    namespace = str(random.choice(NAMESPACES))
    labels = {"app": str(random.choice(APPS))}
    if random.random() < 0.5:
        labels["version"] = str(random.integers(2))
    fields: dict[str, object] = {}
    if random.random() < 0.3:
        fields["anti_affinity"] = tuple(_term(random) for _ in range(random.integers(1, 3)))
    if random.random() < 0.25:
        fields["affinity"] = tuple(_term(random) for _ in range(random.integers(1, 3)))
    if random.random() < 0.2:
        fields["preferred_affinity"] = (PreferredPodTerm(term=_term(random), weight=50),)
    if random.random() < 0.35:
        fields["spread"] = tuple(_spread(random) for _ in range(random.integers(1, 3)))
    if random.random() < 0.25:
        fields["host_ports"] = tuple(_port(random) for _ in range(random.integers(1, 3)))
    if random.random() < 0.15:
        fields["claims"] = (str(random.choice(["sole", "zonal"])),)
    if random.random() < 0.2:
        fields["node_selector"] = {ZONE: f"zone-{random.integers(3)}"}
    if random.random() < 0.2:
        wanted = Requirement(key=RACK, operator="NotIn", values=("rack-0",))
        fields["required_node_terms"] = (NodeTerm(expressions=(wanted,)),)
    if random.random() < 0.3:
        fields["tolerations"] = (Toleration(operator="Exists"),)
    node = str(random.choice([node.name for node in nodes])) if random.random() < 0.8 else None
    return Pod(
        id=f"{namespace}/p{position}",
        name=f"p{position}",
        namespace=namespace,
        labels=labels,
        node=node,
        phase=Phase.RUNNING if node else Phase.PENDING,
        terminating=bool(node and random.random() < 0.1),
        owner=Owner(kind="Deployment", name="any"),
        requests={"cpu": int(random.integers(0, 4)), "memory": int(random.integers(0, 3))},
        **fields,
    )


def _selector(random: np.random.Generator) -> LabelSelector | None:
    chance = random.random()
    if chance < 0.05:
        return None
    if chance < 0.1:
        return LabelSelector()
    if chance < 0.7:
        values = (str(random.choice(APPS)),)
        return LabelSelector(requirements=(Requirement(key="app", operator="In", values=values),))
    operator = str(random.choice(["Exists", "DoesNotExist"]))
    return LabelSelector(requirements=(Requirement(key="version", operator=operator),))


def _term(random: np.random.Generator) -> PodTerm:
    chance = random.random()
    red = Requirement(key="team", operator="In", values=("red",))
    return PodTerm(
        topology_key=str(random.choice([HOSTNAME, ZONE, RACK])),
        selector=_selector(random),
        namespaces=("x", "y") if chance < 0.3 else (),
        namespace_selector=(
            LabelSelector()
            if chance > 0.9
            else LabelSelector(requirements=(red,))
            if chance > 0.8
            else None
        ),
        match_label_keys=("version",) if random.random() < 0.1 else (),
        mismatch_label_keys=("app",) if random.random() < 0.05 else (),
    )


def _spread(random: np.random.Generator) -> SpreadConstraint:
    return SpreadConstraint(
        topology_key=str(random.choice([HOSTNAME, ZONE, RACK])),
        max_skew=int(random.integers(1, 3)),
        hard=bool(random.random() < 0.8),
        selector=_selector(random),
        min_domains=int(random.integers(1, 5)) if random.random() < 0.2 else None,
        honor_node_affinity=bool(random.random() < 0.7),
        honor_node_taints=bool(random.random() < 0.3),
        match_label_keys=("version",) if random.random() < 0.1 else (),
    )


def _port(random: np.random.Generator) -> HostPort:
    return HostPort(
        port=int(random.choice([80, 443])),
        protocol=str(random.choice(["TCP", "UDP"])),
        ip=str(random.choice(["0.0.0.0", "10.0.0.1", "10.0.0.2"])),
    )
