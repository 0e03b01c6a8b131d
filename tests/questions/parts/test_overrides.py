"""The user's word on who may move, against the rules of care and those nobody can overrule."""

from __future__ import annotations

import pytest

from kytos.cluster import CPU, MEMORY, PODS, Cluster, Node, Owner, Pod
from kytos.errors import RequestRefused
from kytos.questions.rebalance import RebalanceRequest, pinned_pods


@pytest.fixture
def mixed() -> Cluster:
    """A replica of a service, a bare pod and a DaemonSet's pod, in two namespaces."""
    node = Node(name="n", allocatable={CPU: 4000, MEMORY: 2**33, PODS: 110})
    return Cluster(
        nodes=(node,),
        pods=(
            Pod(
                id="shop/web-1",
                name="web-1",
                namespace="shop",
                node="n",
                owner=Owner(kind="Deployment", name="web"),
                service="shop/web",
            ),
            Pod(id="shop/bare", name="bare", namespace="shop", node="n"),
            Pod(
                id="system/log-1",
                name="log-1",
                namespace="system",
                node="n",
                owner=Owner(kind="DaemonSet", name="log"),
                service="system/log",
            ),
        ),
    )


def pinned(cluster: Cluster, **names: tuple[str, ...]) -> set[str]:
    return set(pinned_pods(cluster, RebalanceRequest(**names)))


def test_without_a_word_the_rules_decide(mixed: Cluster) -> None:
    """A bare pod and a DaemonSet's stay, a Deployment's may move."""
    assert pinned(mixed) == {"shop/bare", "system/log-1"}


@pytest.mark.parametrize("name", ["shop/bare", "shop"])
def test_a_pod_or_its_namespace_may_be_let_go(mixed: Cluster, name: str) -> None:
    """The reason of care gives way."""
    assert pinned(mixed, may_move=(name,)) == {"system/log-1"}


@pytest.mark.parametrize("name", ["shop/web-1", "shop/web", "shop"])
def test_a_pod_a_service_or_a_namespace_may_be_kept(mixed: Cluster, name: str) -> None:
    """Staying wins, whichever way it is said."""
    assert "shop/web-1" in pinned(mixed, must_stay=(name,))


def test_staying_wins_over_moving(mixed: Cluster) -> None:
    """A namespace may move but for one pod of it."""
    kept = pinned(mixed, may_move=("shop",), must_stay=("shop/bare",))
    assert kept == {"shop/bare", "system/log-1"}


def test_a_daemonset_pod_never_moves(mixed: Cluster) -> None:
    """What nobody can overrule stays, whatever is said."""
    assert "system/log-1" in pinned(mixed, may_move=("system/log-1",))


@pytest.mark.parametrize("field", ["may_move", "must_stay"])
def test_an_unknown_name_is_refused(mixed: Cluster, field: str) -> None:
    """A typing error must not pass for a wish that is met; the refusal names its field."""
    with pytest.raises(RequestRefused, match="'shop/wbe' is no pod, service or namespace") as told:
        pinned(mixed, **{field: ("shop/bare", "shop/wbe")})
    assert told.value.where == f"{field}[1]"
