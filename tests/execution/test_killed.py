"""An applier that is killed, anywhere, and run again: the end is the same."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from kytos.contract.runbook import Way
from kytos.errors import InputError
from kytos.execution.endings import Ending
from kytos.execution.journal import Journal
from kytos.execution.undo import release, roll_back
from kytos.kube.control_plane import ControlPlane
from kytos.kube.steering import Steering
from tests.execution.harness import Killed, Wireless, end_of, moving_out, run, shop_cluster
from tests.stand_in.cluster import StandIn
from tests.stand_in.server import Api

WRITE = Journal._write
WAYS = pytest.mark.parametrize("way", list(Way))


@cache
def writes_of(way: Way) -> int:
    server = Wireless(Api(cluster := shop_cluster()))
    run(cluster, moving_out(cluster, way), server=server)
    return server.writes


@cache
def not_killed(way: Way) -> StandIn:
    cluster = shop_cluster()
    run(cluster, moving_out(cluster, way))
    return cluster


def assert_same_end(cluster: StandIn, way: Way) -> None:
    ended, other = dict(end_of(cluster)), dict(end_of(not_killed(way)))
    if way is Way.DRAIN:  # the scheduler chooses: what is the same is that all run elsewhere
        for end in (ended, other):
            end["pods"] = {owner: len(nodes) for owner, nodes in end["pods"].items()}
    assert ended == other
    assert not {"n1", "n6", "-"} & {n for nodes in cluster.nodes_by_owner().values() for n in nodes}
    assert len(cluster.evicted) == len(set(cluster.evicted)) == 5


@WAYS
@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_at_every_write(tmp_path: Path, way: Way, before: bool) -> None:
    """Killed as a write is sent, carried out or not, and run again with the same journal."""
    for number in range(1, writes_of(way) + 1):
        cluster = shop_cluster()
        runbook, journal = moving_out(cluster, way), tmp_path / f"{number}.journal"
        server = Wireless(Api(cluster))
        server.dies_at, server.dies_before = number, before
        with pytest.raises(Killed):
            run(cluster, runbook, journal=journal, server=server)
        for _ in range(number % 4):  # the world goes on meanwhile
            cluster.tick()
        report = run(cluster, runbook, journal=journal)
        assert (report.ending, report.moves, report.evictions) == (Ending.DONE, 5, 5), report.why
        assert_same_end(cluster, way)


@WAYS
@pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
def test_at_every_line_of_the_journal(
    tmp_path: Path, way: Way, torn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed as a line is written; of a torn one half is on disk."""
    whole = tmp_path / "whole"
    cluster = shop_cluster()
    run(cluster, moving_out(cluster, way), journal=whole)
    for number in range(2, len(whole.read_bytes().splitlines()), 3 if torn else 1):
        cluster = shop_cluster()
        runbook, journal = moving_out(cluster, way), tmp_path / f"{number}.journal"
        server = Wireless(Api(cluster))
        written = 0

        def dying(
            self: Journal, entry: object, server: Wireless = server, last: int = number
        ) -> None:
            nonlocal written
            written += 1
            WRITE(self, entry)  # type: ignore[arg-type]
            if written == last:
                server.dead = True
                if torn and self._file is not None:
                    self._file.truncate(self._file.tell() - 9)
                raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(Journal, "_write", dying)
            with pytest.raises(Killed):
                run(cluster, runbook, journal=journal, server=server)
        report = run(cluster, runbook, journal=journal)
        assert (report.ending, report.moves) == (Ending.DONE, 5), report.why
        assert_same_end(cluster, way)


@WAYS
def test_without_a_journal_the_next_start_lets_go(way: Way) -> None:
    """Whatever the next execution does, what a killed one left gated runs in the end."""
    left = 0
    for number in range(1, writes_of(Way.STEER) + 1, 3):
        cluster = shop_cluster()
        server = Wireless(Api(cluster))
        server.dies_at = number
        with pytest.raises(Killed):
            run(cluster, moving_out(cluster, Way.STEER), server=server)
        cluster.settle(10)
        left += bool(cluster.gated())
        run(cluster, moving_out(shop_cluster(), way))  # stops at once: the cluster has drifted
        assert (cluster.gated(), cluster.steered()) == ([], {})
    assert left > 1


def test_release_lets_go_and_undoes_nothing_else() -> None:
    """After a kill at any write: no gate, nobody steered, no node opened."""
    for number in range(1, writes_of(Way.STEER) + 1, 3):
        cluster = shop_cluster()
        server = Wireless(Api(cluster))
        server.dies_at = number
        with pytest.raises(Killed):
            run(cluster, moving_out(cluster, Way.STEER), server=server)
        cluster.settle(6)
        cordoned, gated = cluster.cordoned(), cluster.gated()
        server = Wireless(Api(cluster))
        released = release(ControlPlane(server), Steering(server))
        assert released.let_go >= len(gated)
        assert (cluster.gated(), cluster.steered()) == ([], {})
        assert cluster.cordoned() == cordoned
        cluster.settle()
        assert not any("-" in nodes for nodes in cluster.nodes_by_owner().values())


def test_release_can_remove_the_policy() -> None:
    """Binding, policy and ConfigMap are gone; without it they stay."""
    cluster = shop_cluster()
    run(cluster, moving_out(cluster, Way.STEER))
    kinds = ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ConfigMap")
    server = Wireless(Api(cluster))
    assert release(ControlPlane(server), Steering(server)).steered
    assert all(cluster.of(kind) for kind in kinds)
    assert release(ControlPlane(server), Steering(server), remove=True).removed
    assert not any(cluster.of(kind) for kind in kinds)


@WAYS
def test_rollback_opens_what_was_closed(tmp_path: Path, way: Way) -> None:
    """After a kill at any write: our cordons are gone, those of others stay, nothing is gated."""
    for number in range(1, writes_of(way) + 1, 3):
        cluster = shop_cluster()
        runbook, path = moving_out(cluster, way), tmp_path / f"{number}.journal"
        cluster.objects["Node", "", "n5"]["spec"]["unschedulable"] = True
        server = Wireless(Api(cluster))
        server.dies_at = number
        with suppress(Killed):  # with a node less it may be over before
            run(cluster, runbook, journal=path, server=server)
        server = Wireless(Api(cluster))
        with Journal(path) as journal:
            roll_back(journal, ControlPlane(server), Steering(server))
        assert cluster.cordoned() == {"n5"}
        assert (cluster.gated(), cluster.steered()) == ([], {})
        with pytest.raises(InputError, match="rolled back"):
            run(cluster, runbook, journal=path)


class TestJournal:
    def test_is_of_one_execution(self, tmp_path: Path) -> None:
        """Another runbook, or another way, does not go on by it."""
        cluster, path = shop_cluster(), tmp_path / "journal"
        other = moving_out(cluster, Way.STEER)
        run(cluster, moving_out(cluster), journal=path)
        with pytest.raises(InputError, match="of another execution"):
            run(cluster, other, journal=path)

    def test_holds_a_line_of_json_for_each_beginning_and_end(self, tmp_path: Path) -> None:
        """Whoever reads it sees step, what was done, and when."""
        cluster, path = shop_cluster(), tmp_path / "journal"
        runbook = moving_out(cluster)
        run(cluster, runbook, journal=path)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        done = [line["step"] for line in lines if line.get("did") == "done"]
        assert done == [str(number) for number in range(1, len(runbook.steps) + 1)]
        assert all(line["at"].endswith("+00:00") for line in lines)
        assert lines[-1]["ended"] == "done"

    def test_that_is_none_is_refused(self, tmp_path: Path) -> None:
        """A file of something else is not written over."""
        path = tmp_path / "notes.txt"
        path.write_text("buy milk\n")
        with pytest.raises(InputError, match="line 1 is none of a journal"):
            Journal(path)
        assert path.read_text() == "buy milk\n"

    def test_that_another_process_writes_is_refused(self, tmp_path: Path) -> None:
        """Two executions by one journal would both go on where one stopped."""
        path = tmp_path / "journal"
        with Journal(path), pytest.raises(InputError, match="another kytos apply"):
            Journal(path)
