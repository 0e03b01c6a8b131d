"""``kytos apply`` as it is run: its words, its exit codes and what it does to a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kytos.cli import app
from kytos.contract.runbook import Action, RunbookStep, Way
from tests.execution.conftest import Live, live
from tests.execution.harness import moving_out, run, runbook_of, shop_cluster

__all__ = ["live"]


def invoke(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["apply", *words, "--poll", "0.002"], input=answer)


@pytest.fixture
def answer(live: Live, tmp_path: Path) -> Path:
    """An answer with a runbook that steers, as --output writes it."""
    return saved(tmp_path / "answer.json", moving_out(live.cluster, Way.STEER))


def saved(path: Path, runbook: Any) -> Path:
    path.write_text(json.dumps({"runbook": json.loads(runbook.model_dump_json()), "moves": []}))
    return path


class TestAsking:
    def test_yes_goes_on(self, live: Live, answer: Path) -> None:
        """It shows the steps, asks, and carries them out."""
        result = invoke(str(answer), "--context", "admin", answer="y\n")
        assert result.exit_code == 0, result.output
        assert "evicting 5 pods? [y/N]" in result.output
        assert "5 of 5 that landed did so as planned." in result.output
        assert len(live.cluster.evicted) == 5

    @pytest.mark.parametrize("said", ["n\n", "\n", ""], ids=["no", "return", "nobody"])
    def test_anything_else_does_not(self, live: Live, answer: Path, said: str) -> None:
        """Nothing is written."""
        result = invoke(str(answer), "--context", "admin", answer=said)
        assert result.exit_code == 7
        assert "Nothing was done." in result.output
        assert live.api.writes == []

    def test_dry_run_does_not_ask(self, live: Live, answer: Path) -> None:
        """It changes nothing, and says so."""
        result = invoke(str(answer), "--context", "admin", "--dry-run")
        assert result.exit_code == 0, result.output
        assert "A dry run" in result.output
        assert (live.api.writes, len(live.api.dry) > 5) == ([], True)


class TestEnding:
    @pytest.mark.parametrize("context", ["drain", "steer"])
    def test_each_way_needs_no_more_than_its_role(
        self, live: Live, answer: Path, context: str
    ) -> None:
        """The roles in deploy/ are enough, to let go afterwards too."""
        result = invoke(str(answer), "--context", context, "--way", context, "--yes", "--json")
        report = json.loads(result.stdout)
        assert (result.exit_code, report["ending"], report["why"]) == (0, "done", "")
        assert live.cluster.cordoned() == {"n1", "n6"}
        if context == "steer":
            assert report["landed_as_planned"] == report["moves"] == 5
            released = invoke("--release", "--remove-policy", "--context", "steer")
            assert "policy kytos-steer removed" in released.output, released.output

    @pytest.mark.parametrize("way", ["drain", "steer"])
    @pytest.mark.parametrize("context", ["reader", "scale"])
    def test_the_reader_can_do_none_of_it(
        self, live: Live, answer: Path, context: str, way: str
    ) -> None:
        """The first write is refused, dry or not."""
        for dry in ([], ["--dry-run"]):
            result = invoke(str(answer), "--context", context, "--way", way, "--yes", *dry)
            assert result.exit_code == 7, result.output
            assert "403" in result.output
        assert live.api.writes == []

    def test_who_may_drain_may_not_steer(self, live: Live, answer: Path) -> None:
        """It is seen before anything is evicted: a gate would be left otherwise."""
        result = invoke(str(answer), "--context", "drain", "--yes")
        assert result.exit_code == 7
        assert "pods/status" in result.output
        assert live.api.writes == []

    def test_drift(self, live: Live, answer: Path) -> None:
        """It has an exit code of its own, and is named."""
        live.cluster.objects["Node", "", "n3"]["spec"]["unschedulable"] = True
        result = invoke(str(answer), "--context", "admin", "--yes")
        assert result.exit_code == 5
        assert "(drift): node n3 should be schedulable by now and is cordoned" in result.output

    def test_incomplete(self, live: Live, answer: Path) -> None:
        """What did not come about in time is named, and no gate is left."""
        live.cluster.holds_back = lambda pod: True
        result = invoke(str(answer), "--context", "admin", "--yes", "--timeout", "0.05")
        assert result.exit_code == 6
        assert "is not ready on node" in result.output
        assert live.cluster.gated() == []

    def test_no_such_policy(self, live: Live, answer: Path) -> None:
        """A cluster without mutating policies cannot be steered; v1beta1 is enough."""
        live.cluster.policies = ()
        result = invoke(str(answer), "--context", "admin", "--yes")
        assert result.exit_code == 7
        assert "use --way drain" in result.output
        assert live.api.writes == []
        live.cluster.policies = ("v1beta1",)
        assert invoke(str(answer), "--context", "admin", "--yes").exit_code == 0

    def test_a_policy_that_does_not_act(self, live: Live, answer: Path) -> None:
        """Installed and asleep (its feature gate is off): nothing is evicted."""
        live.cluster.admit = lambda pod: pod  # type: ignore[method-assign]
        result = invoke(str(answer), "--context", "admin", "--yes")
        assert result.exit_code == 7
        assert "gates no pod" in result.output
        assert live.cluster.evicted == []

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["{answer}"], "name the cluster: --context"),
            (["--context", "admin"], "name the answer"),
            (["{answer}", "--context", "nowhere"], "there is no context 'nowhere'"),
            (["--context", "admin", "--rollback"], "--rollback goes with --journal"),
            (["{answer}", "--context", "admin", "--release"], "leave the answer out"),
            (["{answer}", "--context", "admin", "--remove-policy"], "goes with --release"),
            (["{kubeconfig}", "--context", "admin"], "the answer has no runbook"),
        ],
    )
    def test_what_does_not_go_together(
        self, live: Live, answer: Path, words: list[str], said: str
    ) -> None:
        """It is bad input, in a sentence."""
        names = {"answer": str(answer), "kubeconfig": os.environ["KUBECONFIG"]}
        result = invoke(*(word.format(**names) for word in words), "--yes")
        assert (result.exit_code, said in result.output) == (2, True), result.output


class TestNewPods:
    def test_only_what_was_given_is_created(self, live: Live, tmp_path: Path) -> None:
        """Without its manifest nothing is done; with it, it lands where it was planned."""
        steps = (
            RunbookStep(wave=1, action=Action.CREATE, pod="shop/new", to="n3"),
            RunbookStep(wave=1, action=Action.NOMINATE, pod="shop/new", to="n3"),
            RunbookStep(wave=1, action=Action.WAIT),
        )
        path = saved(tmp_path / "answer.json", runbook_of(live.cluster, way=Way.STEER, steps=steps))
        refused = invoke(str(path), "--context", "admin", "--yes")
        assert refused.exit_code == 7
        assert "give its manifest with --new FILE" in refused.output
        manifest = tmp_path / "new.json"
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "new", "namespace": "shop"},
            "spec": {"containers": [{"name": "main", "image": "new"}]},
        }
        manifest.write_text(json.dumps(pod))
        done = invoke(str(path), "--context", "admin", "--yes", "--new", str(manifest))
        assert done.exit_code == 0, done.output
        assert live.cluster.pod("shop/new")["spec"]["nodeName"] == "n3"


class TestKilled:
    def test_killed_and_run_again(self, live: Live, answer: Path, tmp_path: Path) -> None:
        """SIGKILL in the middle; the same command again ends as one that was not killed."""
        wanted = shop_cluster()
        run(wanted, moving_out(wanted, Way.STEER))
        live.cluster.holds_back = lambda pod: len(live.cluster.evicted) == 4
        command = [
            *(sys.executable, "-c", "from kytos.cli import app; app()"),
            *("apply", str(answer), "--context", "admin"),
            *("--yes", "--poll", "0.01", "--journal", str(tmp_path / "journal")),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(live.cluster.evicted) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(live.cluster.evicted) == 4
        assert live.cluster.steered() != {}
        live.cluster.holds_back = lambda pod: False
        words = (str(answer), "--context", "admin", "--yes", "--journal", str(tmp_path / "journal"))
        result = invoke(*words)
        assert result.exit_code == 0, result.output
        assert live.cluster.nodes_by_owner() == wanted.nodes_by_owner()
        assert (live.cluster.cordoned(), live.cluster.steered()) == ({"n1", "n6"}, {})

    def test_rollback(self, live: Live, answer: Path, tmp_path: Path) -> None:
        """What the journal says was cordoned is open again."""
        journal = str(tmp_path / "journal")
        live.cluster.holds_back = lambda pod: True
        words = (str(answer), "--context", "admin", "--yes", "--journal", journal)
        assert invoke(*words, "--timeout", "0.05").exit_code == 6
        result = invoke("--rollback", "--journal", journal, "--context", "admin")
        assert result.exit_code == 0
        assert "Uncordoned: n1, n6." in result.output
        assert live.cluster.cordoned() == set()
        again = invoke(*words)
        assert (again.exit_code, "was rolled back" in again.output) == (2, True)
