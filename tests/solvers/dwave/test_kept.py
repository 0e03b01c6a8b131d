"""Chains are searched once for a graph and a shape, and kept safe between processes."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import dimod
import pytest

from kytos.contract.params import SolverParams
from kytos.contract.watch import Watch
from kytos.solvers.dwave import kept
from kytos.solvers.dwave.embedding import embed
from kytos.solvers.dwave.kept import embed_once
from kytos.solvers.dwave.topology import graph_of
from tests.solvers import stand_ins
from tests.solvers.models import random_model

GRAPH = graph_of({"type": "zephyr", "shape": [2, 4]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path))
    monkeypatch.setattr(kept, "_IN_MEMORY", {})
    return tmp_path


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of what was searched for."""
    made: list[int] = []

    def counted(bqm: dimod.BinaryQuadraticModel, *arguments: object) -> object:
        made.append(bqm.num_variables)
        return embed(bqm, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "embed", counted)
    return made


def sparse(seed: int = 0, factor: float = 1.0) -> dimod.BinaryQuadraticModel:
    bqm = random_model(8, 0.25, seed)
    bqm.scale(factor)
    return bqm


def test_other_biases_need_no_search(searches: list[int]) -> None:
    """Sliders change coefficients, not which variables couple; labels do not matter either."""
    first = embed_once(sparse(), GRAPH, "chip", 0, 10)
    again = embed_once(sparse(factor=3.0), GRAPH, "chip", 1, 10)
    renamed = sparse().relabel_variables({f"v{n}": f"w{n}" for n in range(8)}, inplace=False)
    third = embed_once(renamed, GRAPH, "chip", 2, 10)
    assert (first.kept, again.kept, third.kept) == (False, True, True)
    assert first.embedding == again.embedding
    assert {name.replace("w", "v"): chain for name, chain in third.embedding.items()} == (
        first.embedding
    )
    assert len(searches) == 1


def test_another_shape_or_graph_is_searched_for(searches: list[int]) -> None:
    """A qubit that fails, or one coupling more, makes chains that may not hold."""
    embed_once(sparse(), GRAPH, "chip", 0, 10)
    embed_once(sparse(seed=1), GRAPH, "chip", 0, 10)
    faulty = GRAPH.copy()
    faulty.remove_node(3)
    embed_once(sparse(), faulty, "chip", 0, 10)
    assert len(searches) == 3


@pytest.mark.parametrize("content", [b"", b"[]", b"[[1]]", b'{"a": 1}', b"[[0],[0],[0]]", b"\xff"])
def test_a_file_that_holds_no_chains_is_searched_for_anew(
    content: bytes, folder: Path, searches: list[int]
) -> None:
    """Whatever stands there, what is returned fits."""
    first = embed_once(sparse(), GRAPH, "chip", 0, 10)
    (file,) = folder.glob("embeddings/*.json")
    file.write_bytes(content)
    again = embed_once(sparse(), GRAPH, "chip", 0, 10)
    assert again.embedding == first.embedding
    assert not again.kept
    assert len(searches) == 2


def test_where_nothing_can_be_written_memory_keeps_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, searches: list[int]
) -> None:
    """A file stands where the folder should be: nothing fails, and nothing is searched twice."""
    (folder / "taken").write_text("")
    monkeypatch.setenv(kept.FOLDER, str(folder / "taken"))
    first = embed_once(sparse(), GRAPH, "chip", 0, 10)
    again = embed_once(sparse(), GRAPH, "chip", 0, 10)
    assert (first.kept, again.kept) == (False, True)
    assert first.embedding == again.embedding
    assert len(searches) == 1


def test_only_so_many_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    for seed in range(4):
        embed_once(sparse(seed), GRAPH, "chip", 0, 10)
    assert len(list(folder.glob("embeddings/*.json"))) == 2


def _in_a_process(answers: multiprocessing.Queue[tuple[bool, list[tuple[int, ...]]]]) -> None:
    found = embed_once(sparse(), GRAPH, "chip", 0, 20)
    answers.put((found.kept, list(found.embedding.values())))


def test_two_processes_find_the_same() -> None:
    """One searches, the other waits for it and reads."""
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[tuple[bool, list[tuple[int, ...]]]] = context.Queue()
    processes = [context.Process(target=_in_a_process, args=(answers,)) for _ in range(2)]
    for process in processes:
        process.start()
    first, second = answers.get(timeout=60), answers.get(timeout=60)
    for process in processes:
        process.join(60)
    assert first[1] == second[1]
    assert {first[0], second[0]} == {False, True}


def test_what_the_estimate_found_is_what_runs(searches: list[int]) -> None:
    """One search for both, and the reads say that their chains were kept."""
    model = random_model(10, 0.5, seed=0)
    params = SolverParams(num_reads=5, consent=True)
    stand_ins.QPU.estimate(model, params)
    drawn = stand_ins.QPU.sample(model, params, Watch())
    assert drawn.info["embedding_kept"] is True
    assert len(searches) == 1
