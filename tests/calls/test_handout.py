"""A handout tells an answer whole, runs nothing, asks no network, and is read back to the same."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from kytos.calls.catalogue import CALLS
from kytos.calls.handout import handout, handout_of_answer, read_answer, read_handout, scenario_of
from kytos.calls.scenario import Scenario
from kytos.cluster import Cluster
from kytos.contract.watch import Watch
from kytos.errors import SourceError
from kytos.questions.outcome import Outcome
from kytos.sources.manifests import read_cluster

EVIL = '<img src="https://evil.example/x" onerror=alert(1)>'
QUICK = {"num_reads": 1, "num_sweeps": 50, "refine_proposals": 500}
ASKED = {
    "rebalance": {},
    "recovery": {"failed_nodes": ["dear"]},
    "placement": {"new_pods": [{"id": "new", "cpu_request": 100, "mem_request": 10}]},
    "auto_scale": {
        "services": [
            {"id": "web", "request_rate": 40, "target_rate": 10, "cpu_request": 50}
            | {"mem_request": 10}
        ]
    },
    "fleet": {
        "types": [{"name": "m", "cpu_capacity": 4000, "mem_capacity": 8000, "price_per_hour": 0.1}]
    },
}


def small(service: str = "web") -> Cluster:
    nodes = [
        {"id": name, "cpu_capacity": 4000, "mem_capacity": 8000, "price_per_hour": price}
        for name, price in (("cheap", 1.0), ("dear", 3.0))
    ]
    pods = [
        {"id": f"p-{name}", "cpu_request": 500, "mem_request": 500, "current_node": name}
        | {"service": "web"}
        for name in ("cheap", "dear")
    ]
    content = json.dumps({"nodes": nodes, "pods": pods}).encode()
    cluster = read_cluster([("small.json", content)])
    # Past the reader, which refuses markup: the page is safe by itself.
    pods = [pod.model_copy(update={"service": service}) for pod in cluster.pods]
    return cluster.replace(pods=tuple(pods))


def answered(question: str, cluster: Cluster) -> Outcome:
    call = CALLS[question]
    options = call.options.model_validate_json(json.dumps(ASKED[question] | {"solver": QUICK}))
    outcome: Outcome = call.answer(cluster, options, Watch())
    return outcome


@pytest.fixture(scope="module", params=sorted(ASKED))
def given(request: pytest.FixtureRequest) -> tuple[Scenario, Outcome, str]:
    """Each question's scenario, answer and handout, of a cluster with a hostile name in it."""
    cluster = small() if request.param == "auto_scale" else small(EVIL)
    outcome = answered(request.param, cluster)
    scenario = scenario_of(outcome, cluster)
    return scenario, outcome, handout(scenario, outcome)


def test_read_back_to_the_same(given: tuple[Scenario, Outcome, str]) -> None:
    """Question, cluster and answer come back equal, and the page made of them again is the same."""
    scenario, outcome, page = given
    opened = read_handout(page.encode(), "plan.html")
    assert opened.scenario == scenario
    assert opened.outcome == outcome
    assert read_answer(outcome.model_dump_json(by_alias=True).encode(), "a.json").outcome == outcome


class Elements(HTMLParser):
    """Collects the elements a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))


def test_runs_nothing_and_asks_no_network(given: tuple[Scenario, Outcome, str]) -> None:
    """No image, no link, no script but packed data, whatever the cluster's names are."""
    _, _, page = given
    elements = Elements()
    elements.feed(page)
    tags = {tag for tag, _ in elements.all}
    assert not tags & {"img", "link", "iframe", "object", "a", "form"}
    scripts = [attributes for tag, attributes in elements.all if tag == "script"]
    assert scripts == [{"type": "application/gzip", "id": "kytos-handout"}]
    assert not [name for _, attributes in elements.all for name in attributes if name[:2] == "on"]
    assert not re.search(r"url\(|@import", page)
    policy = next(attributes for tag, attributes in elements.all if "http-equiv" in attributes)
    assert "default-src 'none'" in str(policy["content"])


def test_tells_the_answer(given: tuple[Scenario, Outcome, str]) -> None:
    """Both pictures, the energy, the proof, the seed and how to ask again stand in it."""
    _, outcome, page = given
    assert page.count("<svg") == 3
    for words in ("How good it is", "Runbook", "Assumed, and not judged", "kytos replay"):
        assert words in page
    assert f"seed {outcome.solver.seed}" in page


def test_money_moves_and_freed_node_of_a_rebalance() -> None:
    """The page says what the one move of two half-empty nodes saves, by service and by node."""
    cluster = small()
    outcome = answered("rebalance", cluster)
    page = handout(scenario_of(outcome, cluster), outcome)
    assert "1 node comes free by moving 1 pod" in page
    assert "$4.00 → $1.00" in page
    assert "p-dear: dear → cheap" in page
    assert re.search(r"<td>cordon</td><td>dear</td>", page)


def test_without_its_cluster_no_picture_of_nodes() -> None:
    """The answer alone is told as far as it goes, and what is missing is said."""
    page = handout_of_answer(answered("rebalance", small()), EVIL)
    assert page.count("<svg") == 1
    assert "given without its cluster" in page
    assert "kytos-handout" not in page
    assert EVIL not in page


def test_another_cluster_is_refused() -> None:
    """A picture of moves that never were would be worse than none."""
    outcome = answered("rebalance", small())
    other = small().replace(pods=())
    with pytest.raises(SourceError, match="give the cluster that was asked about"):
        scenario_of(outcome, other)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"question": "rebalance"}', b"[" * 5000])
def test_no_answer_is_refused_with_its_name(content: bytes) -> None:
    """Whatever is given instead of an answer, the file is named and nothing else happens."""
    with pytest.raises(SourceError, match=r"a\.json"):
        read_answer(content, "a.json")
