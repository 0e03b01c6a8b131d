"""The commands of ``kytos`` as a person or a script meets them."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kytos.api import Settings, create_app
from kytos.calls.catalogue import Call
from kytos.cli import app
from kytos.errors import SourceError
from tests.replay_server import replay_server, write_kubeconfig

DATA = Path(__file__).parents[1] / "data"
QUICK = ["--reads", "1", "--sweeps", "50", "--options"]


@pytest.fixture
def quick(tmp_path: Path) -> list[str]:
    """Options that keep a solve of a few pods under a second."""
    file = tmp_path / "quick.json"
    file.write_text('{"solver": {"refine_proposals": 20000}}')
    return [*QUICK, str(file)]


@pytest.fixture
def three_nodes(tmp_path: Path) -> Path:
    """Six small pods on three nodes: one node would hold them all."""
    file = tmp_path / "cluster.json"
    body = {
        "nodes": [{"id": f"n{i}", "cpu_capacity": 4000, "mem_capacity": 16000} for i in range(3)],
        "pods": [
            {"id": f"p{i}", "cpu_request": 500, "mem_request": 1024, "current_node": f"n{i % 3}"}
            for i in range(6)
        ],
    }
    file.write_text(json.dumps(body))
    return file


@pytest.fixture
def one_node(tmp_path: Path) -> Path:
    """Nowhere to go: nothing to do."""
    file = tmp_path / "one.json"
    file.write_text('{"nodes": [{"id": "n", "cpu_capacity": 4000, "mem_capacity": 16000}]}')
    return file


def kytos(*words: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=given)


def test_json_is_the_http_calls_answer(three_nodes: Path, quick: list[str]) -> None:
    """--json prints the contract's shape and a plan exits with 0."""
    result = kytos("rebalance", three_nodes, "--json", "-C", "0", "-D", "0", *quick)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["weights"]["C"] == 0
    assert answer["metrics"]["after"]["nodes_in_use"] == 1
    assert {"energy", "certificate", "moves", "placement"} <= set(answer)


def test_the_table_names_moves_and_freed_nodes(three_nodes: Path, quick: list[str]) -> None:
    """What a person sees: each move and the nodes that come free."""
    result = kytos("rebalance", three_nodes, "-C", "0", "-D", "0", *quick)
    assert "Nodes freed: " in result.stdout
    assert "nodes in use" in result.stdout


def test_output_file_holds_the_answer(three_nodes: Path, quick: list[str], tmp_path: Path) -> None:
    """-o writes the JSON answer, whole."""
    kytos("rebalance", three_nodes, "-o", tmp_path / "plan.json", *quick)
    assert json.loads((tmp_path / "plan.json").read_text())["question"] == "rebalance"


def test_nothing_to_do_exits_with_3(one_node: Path, quick: list[str]) -> None:
    """A cluster that cannot be improved is an answer of its own."""
    result = kytos("rebalance", one_node, *quick)
    assert result.exit_code == 3
    assert "no move pays" in result.stdout


def test_standard_input_is_read(three_nodes: Path) -> None:
    """A lone dash reads the cluster from a pipe."""
    result = kytos("inspect", "-", given=three_nodes.read_text())
    assert result.exit_code == 0
    assert "6 running" in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.json"], "missing.json"),
        (["{cluster}", "--options", "{cluster}"], "nodes"),
        (["{cluster}", "-A", "-1"], "weights.A"),
        (["{cluster}", "--every", "soon"], "soon"),
        (["-", "--every", "1h"], "standard input"),
        (["{cluster}", "--every", "1h", "--webhook", "file:///etc/passwd"], "webhook"),
        (["{cluster}", "--solver", "dwave-qpu"], "DWAVE_API_TOKEN"),
        (["{cluster}", "--mode", "sideways"], "sideways"),
    ],
)
def test_bad_input_exits_with_2_and_says_what(
    three_nodes: Path, words: list[str], said: str
) -> None:
    """What was wrong is on standard error, in a sentence, without a traceback."""
    result = kytos("rebalance", *(word.format(cluster=three_nodes) for word in words))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_text_that_is_no_cluster_exits_with_2(tmp_path: Path) -> None:
    """A file of something else is refused by its name."""
    (tmp_path / "notes.txt").write_text("[1, 2")
    result = kytos("inspect", tmp_path / "notes.txt")
    assert result.exit_code == 2
    assert "notes.txt" in result.stderr


def test_recover_places_the_failed_nodes_pods(three_nodes: Path, quick: list[str]) -> None:
    """The two pods of a failed node get another; as JSON in the contract's shape."""
    result = kytos("recover", three_nodes, "--fail", "n1", "--json", *quick)
    assert result.exit_code == 0, result.output
    placed = {entry["pod"]: entry["node"] for entry in json.loads(result.stdout)["placements"]}
    assert set(placed) == {"p1", "p4"}
    assert set(placed.values()) <= {"n0", "n2"}


def test_pods_left_without_a_node_exit_with_4(three_nodes: Path, quick: list[str]) -> None:
    """Survivors that may not be filled at all leave the pods out: infeasible."""
    result = kytos("recover", three_nodes, "--fail", "n1", "--max-utilization", "0", *quick)
    assert result.exit_code == 4, result.output
    assert "given up" in result.stdout


def test_recover_tells_what_becomes_of_all_others(quick: list[str], tmp_path: Path) -> None:
    """Who gives way, who is not replaced, and which failure would hurt next."""
    size = {"cpu_capacity": 1000, "mem_capacity": 1000}
    asks = {"cpu_request": 900, "mem_request": 1}
    body = {
        "nodes": [{"id": name} | size for name in ("a", "b", "c")],
        "pods": [
            {"id": "vip", "priority": 9, "current_node": "a"} | asks,
            {"id": "low", "current_node": "b"} | asks,
            {"id": "mid", "priority": 5, "current_node": "c"} | asks,
        ],
    }
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps(body))
    told = kytos("recover", plain, "--fail", "a", *quick).stdout
    assert "gives way to others" in told
    assert re.search(r"^low *$", told, re.MULTILINE)

    def stored(kind: str, name: str, spec: object, status: object, **metadata: object) -> object:
        meta = {"name": name} | metadata
        return {"kind": kind, "metadata": meta, "spec": spec, "status": status}

    room = {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}}
    bare = {"nodeName": "a", "containers": [{"name": "c"}]}
    objects = [stored("Node", name, {}, room) for name in "ab"]
    objects.append(stored("Pod", "bare", bare, {"phase": "Running"}, namespace="default"))
    file = tmp_path / "objects.json"
    file.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    options = tmp_path / "cascade.json"
    options.write_text('{"cascade": true}')
    told = kytos("recover", file, "--fail", "a", "--options", options).stdout
    assert "Not evacuated: default/bare (it has no controller" in told
    assert "if then fails" in told
    assert "node b" in told


def test_place_takes_new_pods_from_a_file(
    three_nodes: Path, quick: list[str], tmp_path: Path
) -> None:
    """Each pod of the file gets a node, in a table and as JSON in the contract's shape."""
    pods = tmp_path / "pods.json"
    pods.write_text('{"pods": [{"id": "new", "cpu_request": 250, "mem_request": 1}]}')
    table = kytos("place", three_nodes, "--new", pods, *quick)
    assert table.exit_code == 0, table.output
    assert "new pod" in table.stdout
    answer = json.loads(kytos("place", three_nodes, "--new", pods, "--json", *quick).stdout)
    (placed,) = answer["placements"]
    assert (placed["pod"], placed["node"] in {"n0", "n1", "n2"}) == ("new", True)


def test_a_pod_that_fits_nowhere_is_no_success(
    one_node: Path, quick: list[str], tmp_path: Path
) -> None:
    """It is given up with its reason, and nobody is told that all is for the best."""
    pods = tmp_path / "new.json"
    pods.write_text('{"pods": [{"id": "big", "cpu_request": 5000, "mem_request": 1}]}')
    result = kytos("place", one_node, "--new", pods, *quick)
    assert result.exit_code == 4
    assert "given up" in result.stdout
    assert "Nothing changes: no pod without a node can be given one." in result.stdout
    assert "no move pays" not in result.stdout


def test_autoscale_reads_rates(tmp_path: Path, quick: list[str]) -> None:
    """One replica at 290 requests a second, 100 to each, becomes three; two of them new."""
    cluster = tmp_path / "shop.json"
    pod = {"id": "p", "cpu_request": 500, "mem_request": 1024, "current_node": "n"}
    node = {"id": "n", "cpu_capacity": 4000, "mem_capacity": 16000}
    cluster.write_text(json.dumps({"nodes": [node], "pods": [pod | {"service": "shop"}]}))
    words = ("autoscale", cluster, "--service", "shop=290/100", *quick)
    table = kytos(*words)
    assert table.exit_code == 0, table.output
    assert "290 at 100 each needs 3" in " ".join(table.stdout.split())
    answer = json.loads(kytos(*words, "--json").stdout)
    assert [action["recommended_replicas"] for action in answer["actions"]] == [3]
    assert len(answer["placements"]) == 2


def test_a_service_without_a_rate_exits_with_2(three_nodes: Path) -> None:
    """What is no name=rate/target is said as it was given."""
    result = kytos("autoscale", three_nodes, "--service", "shop")
    assert result.exit_code == 2
    assert "'shop'" in result.stderr


@pytest.mark.parametrize("words", [[], ["{cluster}", "--context", "prod"]])
def test_the_cluster_is_named_once(three_nodes: Path, words: list[str]) -> None:
    """Neither files nor a context, or both, is bad input."""
    result = kytos("inspect", *(word.format(cluster=three_nodes) for word in words))
    assert result.exit_code == 2
    assert "--context" in result.stderr


def test_an_unknown_context_exits_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A context that the kubeconfig does not hold is said by name."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    result = kytos("inspect", "--context", "nowhere")
    assert result.exit_code == 2
    assert result.stderr


def test_why_not_names_the_rule(three_nodes: Path) -> None:
    """A pod that fits everywhere exits with 0; as JSON every node has its verdict."""
    result = kytos("why-not", three_nodes, "p0", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"p0": {"n0": None, "n1": None, "n2": None}}


def test_why_not_by_use(tmp_path: Path) -> None:
    """What a pod uses is a reason where use is what counts, in words and as JSON."""
    cluster, use = tmp_path / "cluster.json", tmp_path / "use.json"
    body = {
        "nodes": [{"id": f"n{i}", "cpu_capacity": 2000, "mem_capacity": 8000} for i in (1, 2)],
        "pods": [
            {"id": f"p{i}", "cpu_request": 200, "mem_request": 256, "current_node": f"n{i}"}
            for i in (1, 2)
        ],
    }
    metrics = {
        "kind": "PodMetricsList",
        "items": [
            {
                "metadata": {"name": f"p{i}", "namespace": "default"},
                "timestamp": "2026-11-30T00:00:00Z",
                "containers": [{"name": "app", "usage": {"cpu": "1200m", "memory": "1Gi"}}],
            }
            for i in (1, 2)
        ],
    }
    cluster.write_text(json.dumps(body))
    use.write_text(json.dumps(metrics))
    asked = ["why-not", cluster, "p1", "--usage", use, "--load-from", "usage"]
    reasons = json.loads(kytos(*asked, "--json").stdout)["p1"]
    assert reasons["n1"] is None
    assert "max_used 100%" in reasons["n2"]
    assert "too much in use (max_used)" in kytos(*asked).stdout
    assert json.loads(kytos(*asked[:3], "--json").stdout)["p1"] == {"n1": None, "n2": None}
    refused = kytos(*asked, "--max-used", "1.5")
    assert refused.exit_code == 2
    assert "max_used" in refused.stderr


def test_patches_are_a_folder_an_archive_or_a_script(tmp_path: Path, quick: list[str]) -> None:
    """By the name that is given; without known use there is nothing to patch."""
    cluster = Path(__file__).parents[2] / "sample_clusters" / "web-shop.json"
    use = cluster.parent / "usage" / "web-shop.json.gz"
    folder, script = tmp_path / "sizes", tmp_path / "sizes.sh"
    asked = ["rebalance", cluster, *quick]
    done = kytos(*asked, "--usage", use, "--patches", folder)
    assert done.exit_code == 0, done.stderr
    names = {path.name for path in folder.iterdir()}
    assert {"apply.sh", "kustomization.yaml"} < names
    assert (folder / "apply.sh").stat().st_mode & 0o100
    assert "throttled by their own limits" not in done.stdout
    assert "Use is known of" in done.stdout
    body = tmp_path / "small.json"
    node = {"id": "n", "cpu_capacity": 4000, "mem_capacity": 16000}
    body.write_text(json.dumps({"nodes": [node], "pods": []}))
    nothing = kytos("rebalance", body, *quick, "--patches", script)
    assert nothing.exit_code == 2
    assert "no right size" in nothing.stderr
    missing = kytos("rebalance", body, "--patches", tmp_path / "not" / "there")
    assert "make it first" in missing.stderr


def test_why_not_of_an_unknown_pod_exits_with_2(three_nodes: Path) -> None:
    """A pod that is not there is bad input."""
    result = kytos("why-not", three_nodes, "nobody")
    assert result.exit_code == 2
    assert "nobody" in result.stderr


def test_why_not_judges_pods_of_a_file(tmp_path: Path) -> None:
    """The recorded scheduler's candidates, as two files: each verdict is the recorded one."""
    recorded = json.loads(lzma.decompress((DATA / "oracle" / "cluster-1.json.xz").read_bytes()))
    cluster, pods = tmp_path / "cluster.json", tmp_path / "pods.json"
    cluster.write_text(json.dumps(recorded["cluster"]))
    candidates = [candidate["pod"] for candidate in recorded["candidates"]]
    pods.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": candidates}))
    result = kytos("why-not", cluster, pods, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert len(answer) == len(recorded["candidates"]) == 84
    for candidate in recorded["candidates"]:
        verdicts = answer["{namespace}/{name}".format(**candidate["pod"]["metadata"])]
        assert {node for node, why in verdicts.items() if why is None} == set(candidate["feasible"])


def test_why_not_takes_the_files_word_for_a_pod(three_nodes: Path, tmp_path: Path) -> None:
    """A pod of the file that the cluster has too is judged as the file says."""
    pods = tmp_path / "pods.json"
    pods.write_text('{"pods": [{"id": "p0", "cpu_request": 3500, "mem_request": 1}]}')
    answer = json.loads(kytos("why-not", three_nodes, pods, "p1", "--json").stdout)
    assert [why is None for why in answer["p0"].values()] == [True, False, False]
    assert set(answer["p1"].values()) == {None}


def test_why_not_wants_pods(three_nodes: Path) -> None:
    """A cluster alone is no question."""
    result = kytos("why-not", three_nodes)
    assert result.exit_code == 2
    assert "namespace/name" in result.stderr


class TestLive:
    """Against a real API server's recorded answers."""

    @pytest.fixture(autouse=True)
    def kubeconfig(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """A kubeconfig whose context lab is served."""
        with replay_server() as server:
            path = write_kubeconfig(tmp_path / "kubeconfig", server.url)
            monkeypatch.setenv("KUBECONFIG", str(path))
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            yield

    def test_a_context_is_inspected(self) -> None:
        """A live cluster instead of a file."""
        result = kytos("inspect", "--context", "lab")
        assert result.exit_code == 0, result.output
        assert "20 (" in result.stdout

    def test_a_snapshot_is_a_cluster_file(self, tmp_path: Path) -> None:
        """What is saved answers as the live cluster does."""
        file = tmp_path / "saved.json"
        assert kytos("snapshot", "--context", "lab", "-o", file).exit_code == 0
        asked = "shop/checkout-6cd97cbf8c-69gfh"
        from_file = kytos("why-not", file, asked, "--json").stdout
        assert from_file == kytos("why-not", "--context", "lab", asked, "--json").stdout
        assert len(json.loads(from_file)[asked]) == 20

    def test_refused_credentials_exit_with_2(self) -> None:
        """In a sentence that names the context, without a token."""
        result = kytos("snapshot", "--context", "stranger")
        assert result.exit_code == 2
        assert "context stranger" in result.stderr
        assert "5ecret" not in result.output


def test_every_prints_a_line_a_run(three_nodes: Path, quick: list[str], tmp_path: Path) -> None:
    """Each run is one JSON line; a run that fails is a line too and does not end the others."""
    arguments = ["--every", "0.1s", "--times", "2", *quick]
    lines = kytos("rebalance", three_nodes, *arguments).stdout.splitlines()
    assert [json.loads(line)["exit"] for line in lines] == [0, 0]
    assert json.loads(lines[0])["nodes_in_use"]["before"] == 3
    failed = kytos("rebalance", tmp_path / "gone.json", *arguments)
    lines = failed.stdout.splitlines()
    assert ["gone.json" in json.loads(line)["error"] for line in lines] == [True, True]
    assert failed.exit_code == 2


def test_a_fault_of_a_run_does_not_end_the_others(
    three_nodes: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says what it was; the command's exit code is that of its last run."""
    answer, faults = Call.answer, iter([RuntimeError("once")])

    def at_first_faulty(*words: Any) -> Any:
        for fault in faults:
            raise fault
        return answer(*words)

    monkeypatch.setattr(Call, "answer", at_first_faulty)
    result = kytos("rebalance", three_nodes, "--every", "0.1s", "--times", "2", *quick)
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["exit"] == 70
    assert "RuntimeError" in first["error"]
    assert (second["exit"], result.exit_code) == (0, 0)


def test_serving_elsewhere_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that others can reach is refused without a token or the explicit flag."""
    monkeypatch.delenv("KYTOS_API_TOKEN", raising=False)
    monkeypatch.delenv("KYTOS_ALLOW_ANONYMOUS", raising=False)
    served: list[dict[str, Any]] = []
    monkeypatch.setattr("uvicorn.run", lambda *words, **named: served.append(named))
    for answer in ("", "0", "false"):
        monkeypatch.setenv("KYTOS_ALLOW_ANONYMOUS", answer)
        refused = kytos("serve", "--host", "0.0.0.0")
        assert (refused.exit_code, served) == (2, [])
        assert "KYTOS_API_TOKEN" in refused.stderr
    monkeypatch.setenv("KYTOS_API_TOKEN", "s3cr3t")
    refused = kytos("serve", "--host", "0.0.0.0")
    assert (refused.exit_code, served) == (2, [])
    assert refused.stderr.startswith("KYTOS_API_TOKEN: ")
    assert "s3cr3t" not in refused.output
    monkeypatch.setenv("KYTOS_API_TOKEN", "a-token-long-enough")
    assert kytos("serve", "--host", "0.0.0.0").exit_code == 0
    assert served[0]["host"] == "0.0.0.0"


def test_prices_of_ones_own(tmp_path: Path, three_nodes: Path) -> None:
    """--prices prices the types it lists; a slip in it ends the command and names the line."""
    body = json.loads(three_nodes.read_text())
    for node in body["nodes"]:
        node["labels"] = {"node.kubernetes.io/instance-type": "metal-64"}
    three_nodes.write_text(json.dumps(body))
    table = tmp_path / "own.csv"
    table.write_text("instance_type,capacity_type,price_per_hour\nmetal-64,on-demand,1.9\n")
    read = json.loads(kytos("inspect", three_nodes, "--prices", table, "--json").stdout)
    assert [node["price_per_hour"] for node in read["nodes"]] == [1.9] * 3
    table.write_text("instance_type,capacity_type,price_per_hour\nmetal-64,on-demand,dear\n")
    refused = kytos("inspect", three_nodes, "--prices", table)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("own.csv: line 2: expected a price per hour")


def test_serving_with_a_price_table_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named when the service is made, not at every request."""
    monkeypatch.setenv("KYTOS_PRICES", str(tmp_path / "none.csv"))
    with pytest.raises(SourceError, match=r"none\.csv: cannot be read"):
        create_app(Settings())


def test_soft_limits_are_given_by_option(three_nodes: Path, quick: list[str]) -> None:
    """Three nodes at a quarter of cpu are each a sixth of the way from a tenth to the brim."""
    lined = kytos("rebalance", three_nodes, *quick, "--safety-line", "cpu=0.1", "--json")
    answer = json.loads(lined.output)
    assert answer["energy"]["before"]["load"] == pytest.approx(3 + 3 * 0.15 / 0.9)
    assert any("QUBO" in told for told in answer["solver"]["messages"])
    for option, said in (
        ("--least-zones", "give name=number, such as web=3"),
        ("--safety-line", "give name=number, such as cpu=0.8"),
        ("--least-nodes", "give key=value:number"),
    ):
        refused = kytos("rebalance", three_nodes, *quick, option, "web")
        assert refused.exit_code == 2
        assert f"{option} is 'web'; {said}" in refused.output
