"""Volumes, case by case."""

from __future__ import annotations

import pytest

from kytos.cluster import REGION, ZONE, Claim, Cluster, NodeTerm, Requirement, StorageClass, Volume
from tests.rules.small import TWO_ZONES, labelled, node, pod, said

BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
NAMED_A1 = Requirement(key="metadata.name", operator="In", values=("a1",))
OTHER_ZONE = "volume v of claim c is in another zone or region"


def in_zone(*zones: str) -> NodeTerm:
    return NodeTerm(expressions=(Requirement(key=ZONE, operator="In", values=zones),))


def refused(cluster_fields: dict[str, object]) -> list[str]:
    """Nodes that refuse a pod with claim c, of a1, a2, b1 and bare (which has no zone)."""
    cluster = Cluster(
        nodes=(*TWO_ZONES, node("bare")), pods=(pod("p", claims=("c",)),), **cluster_fields
    )
    return [name for name, reason in said(cluster, "default/p").items() if reason is not None]


def bound(**volume: object) -> dict[str, object]:
    claim = Claim(name="c", namespace="default", volume="v")
    return {"claims": (claim,), "volumes": (Volume(name="v", **volume),)}


def unbound(**storage_class: object) -> dict[str, object]:
    claim = Claim(
        name="c",
        namespace="default",
        storage_class="s",
        access_modes=("ReadWriteOnce",),
        capacity=5,
    )
    return {"claims": (claim,), "storage_classes": (StorageClass(name="s", **storage_class),)}


def free(**fields: object) -> Volume:
    """A volume in zone b that nobody has claimed and claim c could take."""
    return Volume(
        **{
            "name": f"free-{sorted(fields)}",
            "required_node_terms": (in_zone("b"),),
            "storage_class": "s",
            "access_modes": ("ReadWriteOnce", "ReadOnlyMany"),
            "capacity": 5,
        }
        | fields
    )


EVERYWHERE = ["a1", "a2", "b1", "bare"]


@pytest.mark.parametrize(
    ("fields", "nodes"),
    [
        pytest.param(bound(), [], id="no wish"),
        pytest.param(bound(required_node_terms=(in_zone("a"),)), ["b1", "bare"], id="affinity"),
        pytest.param(bound(required_node_terms=(NodeTerm(),)), EVERYWHERE, id="empty term"),
        pytest.param(bound(labels={ZONE: "a"}), ["b1"], id="zone label"),
        pytest.param(bound(labels={ZONE: "a__b"}), [], id="two zones"),
        pytest.param(bound(labels={BETA_ZONE: "b"}), ["a1", "a2"], id="beta zone label"),
        pytest.param(bound(labels={REGION: "eu"}), ["a1", "a2", "b1"], id="region label"),
        pytest.param(bound(labels={ZONE: ""}), [], id="label without a value"),
        pytest.param({}, EVERYWHERE, id="no such claim"),
        pytest.param(bound() | {"volumes": ()}, EVERYWHERE, id="no such volume"),
        pytest.param(unbound(), EVERYWHERE, id="unbound, immediate"),
        pytest.param(unbound() | {"storage_classes": ()}, EVERYWHERE, id="no such class"),
        pytest.param(unbound(waits_for_consumer=True), [], id="waits"),
        pytest.param(
            unbound(waits_for_consumer=True, allowed_topologies=(in_zone("b"),)),
            ["a1", "a2", "bare"],
            id="waits, allowed topologies",
        ),
        pytest.param(
            unbound(waits_for_consumer=True, provisions=False), EVERYWHERE, id="nothing to wait for"
        ),
        pytest.param(
            unbound(waits_for_consumer=True, provisions=False)
            | {"volumes": (free(), free(claim="default/other", required_node_terms=None))},
            ["a1", "a2", "bare"],
            id="a free volume in zone b",
        ),
        pytest.param(
            unbound(waits_for_consumer=True, provisions=False)
            | {"volumes": (free(claim="default/c"), free(storage_class="t"), free(capacity=4))},
            ["a1", "a2", "bare"],
            id="a volume kept for the claim",
        ),
        pytest.param(
            unbound(waits_for_consumer=True, provisions=False)
            | {"volumes": (free(access_modes=("ReadOnlyMany",)), free(capacity=4))},
            EVERYWHERE,
            id="free volumes of another mode or too small",
        ),
        pytest.param(
            {"claims": (Claim(name="c", namespace="default", volume="v", terminating=True),)}
            | {"volumes": (Volume(name="v"),)},
            EVERYWHERE,
            id="a claim being deleted",
        ),
        pytest.param(
            {"claims": (Claim(name="c", namespace="default", volume="v", lost=True),)}
            | {"volumes": (Volume(name="v"),)},
            EVERYWHERE,
            id="a claim whose volume was taken away",
        ),
        pytest.param(
            {"claims": (Claim(name="c", namespace="default", volume="v", binding_completed=False),)}
            | {"volumes": (Volume(name="v"),)},
            EVERYWHERE,
            id="a claim that only asks for its volume",
        ),
        pytest.param(
            bound(required_node_terms=(NodeTerm(fields=(NAMED_A1,)),)), [], id="a node's name"
        ),
        pytest.param(
            bound(
                required_node_terms=(
                    NodeTerm(expressions=in_zone("a").expressions, fields=(NAMED_A1,)),
                )
            ),
            ["b1", "bare"],
            id="zone and a node's name",
        ),
    ],
)
def test_where_a_claim_can_be_reached(fields: dict[str, object], nodes: list[str]) -> None:
    """As the VolumeBinding and VolumeZone plugins see it."""
    assert refused(fields) == nodes


@pytest.mark.parametrize(
    ("claim", "volume", "nodes"),
    [
        pytest.param({}, {"available": False}, EVERYWHERE, id="released or failed"),
        pytest.param({}, {"terminating": True}, EVERYWHERE, id="being deleted"),
        pytest.param({}, {"volume_mode": "Block"}, EVERYWHERE, id="another mode"),
        pytest.param({"attributes_class": "gold"}, {}, EVERYWHERE, id="another attributes class"),
        pytest.param({"selector": labelled(kind="fast")}, {}, EVERYWHERE, id="no such label"),
        pytest.param(
            {"selector": labelled(kind="fast")},
            {"labels": {"kind": "fast"}},
            ["a1", "a2", "bare"],
            id="label asked for",
        ),
        pytest.param(
            {"uid": "1"},
            {"claim": "default/c", "claim_uid": "1", "available": False},
            ["a1", "a2", "bare"],
            id="kept for the claim, whatever its phase",
        ),
        pytest.param(
            {"uid": "1"},
            {"claim": "default/c", "claim_uid": "0"},
            EVERYWHERE,
            id="kept for a claim of that name that is gone",
        ),
    ],
)
def test_which_volume_a_waiting_claim_may_have(
    claim: dict[str, object], volume: dict[str, object], nodes: list[str]
) -> None:
    """As ``FindMatchingVolume`` chooses; the one volume lies in zone b, none is provisioned."""
    asked = unbound(waits_for_consumer=True, provisions=False)
    (before,) = asked["claims"]  # type: ignore[misc]
    changed = {"claims": (before.model_copy(update=claim),), "volumes": (free(**volume),)}
    assert refused(asked | changed) == nodes


def test_a_volume_kept_for_a_claim_goes_before_all_others() -> None:
    """Out of reach in zone a although a free one is there; a new one is made if the class does."""
    kept = free(name="kept", claim="default/c")
    others = free(name="elsewhere", required_node_terms=None)
    for provisions, nodes in ((False, ["a1", "a2", "bare"]), (True, [])):
        asked = unbound(waits_for_consumer=True, provisions=provisions)
        assert refused(asked | {"volumes": (others, kept)}) == nodes


def test_a_claim_whose_volume_is_being_made_is_served_on_the_chosen_node_alone() -> None:
    """A free volume elsewhere is not looked at, nor is a node outside the class's topologies."""
    for zone, nodes in (("a", ["a1", "b1", "bare"]), ("b", EVERYWHERE)):
        asked = unbound(waits_for_consumer=True, allowed_topologies=(in_zone(zone),))
        (before,) = asked["claims"]  # type: ignore[misc]
        chosen = (before.model_copy(update={"selected_node": "a2"}),)
        assert refused(asked | {"claims": chosen, "volumes": (free(),)}) == nodes


def test_two_claims_never_share_a_volume() -> None:
    """Two claims of a pod need two volumes; the smaller claim takes the smaller volume."""
    fields = {"namespace": "default", "storage_class": "s", "access_modes": ("ReadWriteOnce",)}
    small, large = (
        Claim(name=name, capacity=size, **fields) for name, size in (("s", 1), ("l", 5))
    )
    by_hand = StorageClass(name="s", waits_for_consumer=True, provisions=False)

    def nodes(*volumes: Volume) -> list[str]:
        cluster = Cluster(
            nodes=(*TWO_ZONES, node("bare")),
            pods=(pod("p", claims=("l", "s")),),
            claims=(large, small),
            volumes=volumes,
            storage_classes=(by_hand,),
        )
        return [name for name, reason in said(cluster, "default/p").items() if reason is None]

    in_b = {"required_node_terms": (in_zone("b"),)}
    assert nodes(free(name="one", **in_b)) == []
    assert nodes(free(name="one", **in_b), free(name="two", **in_b)) == ["b1"]
    assert nodes(free(name="one", **in_b), free(name="two", capacity=1, **in_b)) == ["b1"]
    assert nodes(free(name="one", capacity=1, **in_b), free(name="two", capacity=2, **in_b)) == []
    elsewhere = free(name="two", required_node_terms=(in_zone("a"),))
    assert nodes(free(name="one", **in_b), elsewhere) == []


def test_the_reason_names_claim_and_volume() -> None:
    """The first thing in the way is told."""
    cluster = Cluster(nodes=TWO_ZONES, pods=(pod("p", claims=("c",)),), **bound(labels={ZONE: "a"}))
    assert said(cluster, "default/p")["b1"] == OTHER_ZONE


@pytest.mark.parametrize(
    ("mode", "exclusive"), [("ReadWriteOncePod", True), ("ReadWriteOnce", False)]
)
def test_only_read_write_once_pod_is_exclusive(mode: str, exclusive: bool) -> None:
    """A claim in use keeps others off every node, but not its own user; ReadWriteOnce does not."""
    cluster = Cluster(
        nodes=TWO_ZONES,
        pods=(pod("p", claims=("c",)), pod("user", "a1", claims=("c",))),
        claims=(Claim(name="c", namespace="default", volume="v", access_modes=(mode,)),),
        volumes=(Volume(name="v"),),
    )
    reason = "claim c is ReadWriteOncePod and in use by default/user" if exclusive else None
    assert set(said(cluster, "default/p").values()) == {reason}
    assert set(said(cluster, "default/user").values()) == {None}


@pytest.mark.parametrize(
    ("fields", "nodes"),
    [
        pytest.param({}, [], id="no class is listed: not judged"),
        pytest.param(
            {"storage_classes": (StorageClass(name="s", allowed_topologies=(in_zone("a"),)),)},
            ["b1", "bare"],
            id="where its class makes volumes, also of a class that binds at once",
        ),
        pytest.param(
            {
                "storage_classes": (StorageClass(name="s", allowed_topologies=(in_zone("a"),)),),
                "claims": (Claim(name="c", namespace="default", volume="v"),),
                "volumes": (Volume(name="v", required_node_terms=(in_zone("b"),)),),
            },
            ["a1", "a2", "bare"],
            id="left by a replica before it: that one's volume",
        ),
        pytest.param({"storage_classes": (StorageClass(name="t"),)}, EVERYWHERE, id="no such"),
    ],
)
def test_a_claim_that_is_made_with_its_pod(fields: dict[str, object], nodes: list[str]) -> None:
    """It is served where its class makes volumes, unless the cluster has it already."""
    claim = Claim(name="c", namespace="default", storage_class="s", to_be_made=True)
    new = pod("p", claims=("c",), claims_to_make=(claim,))
    cluster = Cluster(nodes=(*TWO_ZONES, node("bare")), pods=(new,), **fields)
    refusing = [name for name, why in said(cluster, "default/p").items() if why is not None]
    assert refusing == nodes


def test_a_claim_without_a_class_gets_the_usual_one() -> None:
    """As DefaultStorageClass has it."""
    classes = (
        StorageClass(name="other"),
        StorageClass(name="usual", default=True, allowed_topologies=(in_zone("b"),)),
    )
    claim = Claim(name="c", namespace="default", to_be_made=True)
    new = pod("p", claims=("c",), claims_to_make=(claim,))
    cluster = Cluster(nodes=TWO_ZONES, pods=(new,), storage_classes=classes)
    refusing = [name for name, why in said(cluster, "default/p").items() if why is not None]
    assert refusing == ["a1", "a2"]
