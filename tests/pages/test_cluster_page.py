"""The cluster page says the state of a cluster and takes nobody's word for granted."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from kytos.report.wording import BELONGS_TO_NODE
from tests.pages.conftest import ROOT, metric, tab, words

LAB = Path(__file__).parents[1] / "data" / "lab.json.xz"


def lab() -> bytes:
    """A real API server's List."""
    return lzma.decompress(LAB.read_bytes())


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    """Drop a file on the page."""
    return (
        app.file_uploader(key="cluster files")
        .set_value([(name, content, "application/json")])
        .run()
    )


def node(name: str) -> dict[str, object]:
    return {"id": name, "cpu_capacity": 1000, "mem_capacity": 1000}


def body(**changes: object) -> bytes:
    return json.dumps({"nodes": [node("n1")], "pods": []} | changes).encode()


def test_opens_on_a_sample(app: AppTest) -> None:
    """The first visit shows a cluster, its state and its heatmap at once."""
    assert not app.exception
    assert app.title[0].value == "Web shop"
    assert metric(app, "Nodes").value == "20"
    assert metric(app, "CPU requested").value == "58%"
    assert metric(app, "CPU requested").delta == "55 of 94.4 cores"
    assert metric(app, "Price").value.startswith("$")
    assert f"{BELONGS_TO_NODE} (60)" in words(app).replace("\\", "")


def test_every_sample_can_be_shown(app: AppTest) -> None:
    """Each choice of the selector draws without an error."""
    for choice in app.selectbox(key="cluster").options:
        index = app.selectbox(key="cluster").options.index(choice)
        app.selectbox(key="cluster").select_index(index).run()
        assert not app.exception, choice
        assert app.title[0].value == choice


def test_uploaded_cluster_replaces_the_sample(app: AppTest) -> None:
    """A real API server's answer is read and chosen; pinned pods carry their reason."""
    upload(app, "lab.json", lab())
    assert not app.exception
    assert app.title[0].value == "lab"
    assert metric(app, "Nodes").value == "20"
    assert metric(app, "Running pods").value == "165"
    assert metric(app, "Running pods").delta == "4 pending"
    reasons = tab(app, "cluster", "Pinned").selectbox(key="pinned reason").options
    assert "annotation cluster-autoscaler.kubernetes.io/safe-to-evict is false" in reasons


def test_pinned_pods_are_filtered_by_reason(app: AppTest) -> None:
    """Choosing a reason leaves its pods only."""
    reasons = tab(app, "cluster", "Pinned").selectbox(key="pinned reason")
    reason = reasons.options[1]
    reasons.select(reason).run()
    tables = [table.value for table in app.dataframe if "Why it stays" in table.value]
    assert set(tables[0]["Why it stays"]) == {reason}


def test_reasons_of_interest_come_before_daemon_sets(app: AppTest) -> None:
    """The shop's three DaemonSets are one reason, the last in the line, the choice, the table."""
    said = next(line.value for line in app.caption if line.value.startswith("Why pods are pinned"))
    assert said.replace("\\", "").endswith(f"{BELONGS_TO_NODE} (60)")
    assert (
        tab(app, "cluster", "Pinned").selectbox(key="pinned reason").options[-1] == BELONGS_TO_NODE
    )
    (table,) = [table.value for table in app.dataframe if "Why it stays" in table.value]
    why = [reason.startswith("DaemonSet") for reason in table["Why it stays"]]
    assert why == [False] * 5 + [True] * 60


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("notes.json", b"this is not a cluster", ""),
        ("pod.json", b'{"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "x"}}', ""),
        ("twice.json", body(nodes=[node("n1"), node("n1")]), "n1"),
        (
            "lost.json",
            body(
                pods=[{"id": "p", "cpu_request": 1, "mem_request": 1, "current_node": "elsewhere"}]
            ),
            "elsewhere",
        ),
        ("html.json", body(nodes=[node("<script>alert(1)</script>")]), ""),
        ("deep.json", b"[" * 100_000, ""),
        ("empty.json", b"", ""),
    ],
)
def test_bad_upload_leaves_the_cluster_untouched(
    app: AppTest, name: str, content: bytes, expected: str
) -> None:
    """A clear message, and the page shows what it showed."""
    before = [(shown.label, shown.value) for shown in app.metric]
    upload(app, name, content)
    assert not app.exception
    assert len({shown.value for shown in app.error}) == 1
    assert "the cluster stays as it was" in app.error[0].value
    assert expected in app.error[0].value.replace("\\", "")
    assert app.title[0].value == "Web shop"
    assert [(shown.label, shown.value) for shown in app.metric] == before


def test_good_upload_clears_the_error(app: AppTest) -> None:
    """The message goes when what it was about is over."""
    upload(app, "bad.json", b"nope")
    upload(app, "good.json", body())
    assert not app.error
    assert app.title[0].value == "good"


def test_first_page_leads_to_every_question(app: AppTest) -> None:
    """Beside the navigation's names, what one would ask, each a link."""
    links = {link.proto.label: link.proto.page for link in app.main.get("page_link")}
    assert links["What if nodes fail?"] == "Recovery"
    pages = {path.stem.split("_")[1] for path in (ROOT / "pages").glob("[0-9]*_*.py")}
    assert set(links.values()) == pages - {"History", "Demo"}


def test_why_not_names_the_rule_and_what_would_help(app: AppTest) -> None:
    """A pod that waits comes first; its refusals are summed up as the scheduler words them."""
    upload(app, "lab.json", lab())
    chooser = tab(app, "cluster", "Why not").selectbox(key="why not")
    assert chooser.options[0].endswith("(waits for a node)")
    chooser.select_index(0)
    tab(app, "cluster", "Why not")
    assert not app.exception
    assert "0 of 20 nodes available, 20 refused: " in words(app).replace("\\", "")
    table = next(frame.value for frame in app.dataframe if "Verdict" in frame.value)
    assert len(table) == 20
    assert (table["Rule"] != "").all()
    assert table["Verdict"].str.len().min() > 0


def test_use_uploaded_alone_is_of_the_cluster_on_screen(app: AppTest) -> None:
    """What metrics-server prints joins the cluster that is there; other files still replace it."""
    pods = [{"id": "web-0", "cpu_request": 500, "mem_request": 100, "current_node": "n1"}]
    here = upload(app, "mine.json", body(pods=pods))
    assert not [cell for cell in here.metric if cell.label.startswith("CPU used")]
    metrics = {
        "metadata": {"name": "web-0", "namespace": "default"},
        "timestamp": "2026-11-30T00:00:00Z",
        "containers": [{"name": "app", "usage": {"cpu": "250m", "memory": "100Mi"}}],
    }
    listed = {"kind": "PodMetricsList", "items": [metrics]}
    here = upload(here, "metrics.json", json.dumps(listed).encode())
    assert not here.error
    assert here.title[0].value == "mine"
    assert metric(here, "CPU used (p95)").value == "25%"
    assert any(shown.label.startswith("Right sizes (1)") for shown in here.tabs)
