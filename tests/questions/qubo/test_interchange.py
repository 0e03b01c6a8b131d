"""Every question in every form: what comes back has the referee's energy, and becomes an answer."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import dimod
import numpy as np
import ommx.v1
import pytest
from dimod.serialization import coo
from ortools.linear_solver.python import model_builder

from kytos import export_problem, import_solution
from kytos.cluster import Owner
from kytos.contract.params import Encoding, SolverParams
from kytos.contract.weights import Weights
from kytos.errors import InputError
from kytos.hamiltonian.plain_names import plain_name
from kytos.problem import Problem
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.placement.request import PlacementRequest
from kytos.questions.qubo.extent import extent
from kytos.questions.qubo.interchange import Format, Interchange, interchange
from kytos.questions.rebalance import RebalanceRequest
from kytos.questions.recovery.recovery import RecoveryRequest
from kytos.referee.energy import energy
from kytos.referee.feasible import feasible
from tests.problems import random_problem
from tests.questions.small import cluster, node, pod

NODES = [node(f"n{i}", zone=f"z{i % 2}") for i in range(3)]
SHOP = Owner(kind="Deployment", name="shop")
CLUSTER = cluster(
    NODES,
    [pod(f"shop-{i}", f"n{i}", 150 + 50 * i, owner=SHOP, service="shop") for i in range(3)]
    + [pod("db", "n0", 200, 300)],
)
NEW = {"cpu_request": 100, "mem_request": 0}
ASKED: dict[str, Any] = {
    "consolidate": RebalanceRequest(),
    "spread": RebalanceRequest(mode="spread"),
    "squares": RebalanceRequest(mode="squares", max_moves=2),
    "recovery": RecoveryRequest(failed_nodes=("n0",)),
    "placement": PlacementRequest(new_pods=({"id": "a", **NEW}, {"id": "b", **NEW})),
    "auto_scale": AutoscaleRequest(
        services=({"id": "shop", "request_rate": 500, "target_rate": 100},)
    ),
}
WEIGHTS = Weights(B=1.5, C=0.5, D=2)
PARAMS = SolverParams(encoding=Encoding.ONE_HOT)

Energy = Callable[[Mapping[str, int]], float]


def energy_of(form: Format, content: bytes, variables: tuple[str, ...]) -> Energy:
    """The objective of a file, by the reader that others have for it."""
    if form is Format.BQM:
        return dimod.BinaryQuadraticModel.from_file(io.BytesIO(content)).energy
    if form is Format.QUBO:
        bqm = coo.loads(content.decode(), vartype=dimod.BINARY)
        offset = float(content.split(b"offset=")[1].split()[0])
        return lambda sample: (
            offset
            + bqm.energy(
                {at: sample[name] for at, name in enumerate(variables) if at in bqm.variables}
            )
        )
    if form is Format.CQM:
        cqm = dimod.ConstrainedQuadraticModel.from_file(io.BytesIO(content))
        return judged(cqm.objective.energy, cqm.check_feasible)
    if form is Format.LP:
        lp = dimod.lp.loads(content.decode())

        def plain(sample: Mapping[str, int]) -> dict[str, int]:
            named = {plain_name(name): value for name, value in sample.items()} | {"one": 1}
            return {name: named[name] for name in lp.variables}

        return judged(
            lambda sample: lp.objective.energy(plain(sample)),
            lambda sample: lp.check_feasible(plain(sample)),
        )
    if form is Format.OMMX:
        instance = ommx.v1.Instance.from_bytes(content)

        def evaluated(sample: Mapping[str, int]) -> float:
            found = instance.evaluate({at: sample[name] for at, name in enumerate(variables)})
            assert found.feasible
            return float(found.objective)

        return evaluated
    return solved_mps(content)


def judged(value: Energy, holds: Callable[[Mapping[str, int]], bool]) -> Energy:
    def energy(sample: Mapping[str, int]) -> float:
        assert holds(sample)
        return float(value(sample))

    return energy


def solved_mps(content: bytes) -> Energy:
    """An integer program solver's objective, all but the products fixed at the sample."""

    def energy(sample: Mapping[str, int]) -> float:
        model = model_builder.ModelBuilder()
        assert model.import_from_mps_string(content.decode())
        plain = {plain_name(name): value for name, value in sample.items()}
        for variable in model.get_variables():
            if variable.name in plain:
                variable.lower_bound = variable.upper_bound = plain[variable.name]
        solver = model_builder.ModelSolver("scip")
        assert solver.solve(model) == model_builder.SolveStatus.OPTIMAL
        return float(solver.objective_value)

    return energy


@pytest.fixture(scope="module", params=list(ASKED))
def question(request: pytest.FixtureRequest) -> tuple[Any, Interchange, list[np.ndarray]]:
    """A question, its problem, and feasible placements of it."""
    asked = ASKED[request.param]
    problem = interchange(CLUSTER, asked, WEIGHTS, PARAMS)
    rng, placements = np.random.default_rng(1), []
    for _ in range(200):
        placement = np.array([rng.choice(np.flatnonzero(row)) for row in problem.problem.allowed])
        if feasible(problem.problem, placement):
            placements.append(placement)
    assert len(placements) > 3
    return asked, problem, placements[:2]


@pytest.mark.parametrize("form", list(Format))
def test_energies_are_the_referees(form: Format, question) -> None:
    """What others read from the file is worth H, to 1e-9."""
    asked, problem, placements = question
    content = export_problem(CLUSTER, asked, form, weights=WEIGHTS, params=PARAMS)
    value = energy_of(form, content, problem.variables(form))
    for placement in placements:
        expected = energy(problem.problem, WEIGHTS, placement).total
        found = value(problem.sample(form, placement))
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("form", [Format.BQM, Format.OMMX])
def test_a_solution_comes_back_as_the_answer(form: Format, question) -> None:
    """Each pod is where the solution has it, and the answer's energy is its objective."""
    asked, problem, placements = question
    placement = placements[-1]
    sample = problem.sample(form, placement)
    content = json.dumps(sample).encode()
    if form is Format.OMMX:
        content = ommx.v1.State(
            {at: float(sample[name]) for at, name in enumerate(problem.variables(form))}
        ).to_bytes()
    outcome = import_solution(CLUSTER, asked, content, weights=WEIGHTS, params=PARAMS)
    assert outcome.solver.name == "imported"
    expected = energy(problem.problem, WEIGHTS, placement).total
    assert outcome.solver.refined_energy == pytest.approx(expected, rel=1e-9, abs=1e-9)
    where = {
        pod: problem.problem.nodes[node]
        for pod, node in zip(problem.problem.pods, placement, strict=True)
    }
    shown = getattr(outcome, "placement", None) or {
        placed.pod: placed.node for placed in outcome.placements
    }
    assert {pod: node for pod, node in shown.items() if pod in where} == {
        pod: where[pod] for pod in shown if pod in where
    }


def test_an_ommx_solution_is_read_too() -> None:
    """A solution holds its state among much else."""
    asked = ASKED["spread"]
    problem = interchange(CLUSTER, asked)
    instance = ommx.v1.Instance.from_bytes(export_problem(CLUSTER, asked, "ommx"))
    sample = problem.sample(Format.OMMX, problem.problem.current)
    solution = instance.evaluate(dict(enumerate(sample.values())))
    outcome = import_solution(CLUSTER, asked, solution.to_bytes())
    assert outcome.energy.after.total == pytest.approx(solution.objective, abs=1e-9)
    assert outcome.nothing_to_do


@pytest.mark.parametrize(
    "content",
    [
        b'{"sample": {"x[3,2]": 1}}',
        b'name,value\n"x[3,2]",1\n',
        b"x[3,2],1.0\n",
        b"# Columns 12\nx_3_2 1\nx_3_0 0\n",
        b"objective value: 2.5\n  7 x_3_2   1   (obj:0.5)\n",
        b'[{"name": "x_3_2", "value": 1}]',
    ],
)
def test_solutions_as_others_write_them(content: bytes) -> None:
    """JSON, CSV and the lines of solvers; what is not told is 0."""
    problem = interchange(CLUSTER, ASKED["spread"])
    given = problem.read(content, Format.CQM)
    assert given.placement["shop-2" if problem.problem.pods[3] == "shop-2" else "db"] == "n2"


def test_what_breaks_a_rule_is_said_and_repaired() -> None:
    """All on one node that cannot hold them, and one pod in two places."""
    small = cluster(NODES, [pod(f"p{i}", f"n{i}", 600) for i in range(3)])
    lines = b"x[0,0] 1\nx[1,0] 1\nx[2,1] 1\nx[2,2] 1\n"
    outcome = import_solution(small, RebalanceRequest(mode="spread"), lines)
    told = " ".join(note.message for note in outcome.notes)
    assert "breaks a rule: capacity, cpu on n0, by 200" in told
    assert "in no place or two: p2" in told
    assert "repaired" in told
    assert outcome.metrics.after.cpu_peak <= 1


def test_a_worse_solution_is_shown_as_it_is() -> None:
    """What came from elsewhere is not replaced by doing nothing."""
    even = cluster(NODES[:2], [pod("a", "n0"), pod("b", "n1")])
    outcome = import_solution(even, RebalanceRequest(mode="spread"), b"x_0_0 1\nx_1_0 1")
    assert outcome.energy.after.total > outcome.energy.before.total
    assert [move.pod for move in outcome.moves] == ["b"]
    assert any("worse than doing nothing" in note.message for note in outcome.notes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "none of the problem's variables"),
        (b'{"z": 1}', "named 'x\\[0,0\\]'"),
        (b"{", "no JSON"),
        (b"\xff\xfe\x00", "neither text nor"),
        (b'{"x[0,0]": NaN}', "nan; give 0 or 1"),
        (b'{"x[0,0]": "1"}', "give 0 or 1"),
        (b"\n\x05\x08", "none of the problem's variables|neither"),
        (b"[" * 100_000, "nested too deep"),
        (b'[[["a"], 1]]', "expected an object"),
        (b'{"x[0,0]": 1, "x[99,0]": 0}', r"x\[99,0\].* another cluster"),
        (b"x_0_0 1\nx_7_1 1\n", "x_7_1.* another cluster"),
        (b'{"x[0,0]": 0.5}', "is 0.5; give 0 or 1"),
        (b'{"x[0,0]": 2}', "is 2; give 0 or 1"),
        (b'{"x[0,0]": -1, "x[0,1]": 0}', "is -1; give 0 or 1"),
        (b'{"12": 1}', "variable 12 .* has 8, numbered from 0"),
        (ommx.v1.State({12: 1.0}).to_bytes(), "variable 12 .* has 12"),
    ],
)
def test_what_is_no_solution_is_refused(content: bytes, words: str) -> None:
    """The sentence says what was expected."""
    with pytest.raises(InputError, match=words):
        interchange(CLUSTER, ASKED["spread"]).read(content)


def test_a_solution_that_is_cut_off_is_refused() -> None:
    """Though its state, which comes first, is whole."""
    problem = interchange(CLUSTER, ASKED["spread"])
    instance = ommx.v1.Instance.from_bytes(problem.written(Format.OMMX))
    sample = problem.sample(Format.OMMX, problem.problem.current)
    whole = instance.evaluate(dict(enumerate(sample.values()))).to_bytes()
    assert problem.read(whole).placement["db"] == "n0"
    with pytest.raises(InputError, match="neither text nor an OMMX"):
        problem.read(whole[:-7])


@pytest.mark.parametrize("form", ["named", "numbered", "spins"])
def test_a_qubo_is_answered_by_name_by_number_or_in_spins(form: str) -> None:
    """As samplers of its coordinate list, of its JSON or of the Ising model would."""
    asked = ASKED["spread"]
    problem = interchange(CLUSTER, asked)
    bqm = dimod.BinaryQuadraticModel.from_file(io.BytesIO(problem.written(Format.BQM)))
    best = dimod.ExactSolver().sample(bqm).first
    values = {name: int(best.sample[name]) for name in problem.variables(Format.BQM)}
    if form == "numbered":
        values = dict(enumerate(values.values()))
    if form == "spins":
        values = {name: 2 * value - 1 for name, value in values.items()}
    outcome = import_solution(CLUSTER, asked, json.dumps(values).encode())
    assert outcome.energy.after.total == pytest.approx(best.energy, abs=1e-9)


def test_where_nothing_may_move_there_is_nothing_to_solve() -> None:
    alone = cluster(NODES[:1], [pod("a", "n0")])
    for form in Format:
        with pytest.raises(InputError, match="nothing to export"):
            export_problem(alone, RebalanceRequest(), form)
    with pytest.raises(InputError, match="nothing to solve"):
        import_solution(alone, RebalanceRequest(), b"x_0_0 1")


def test_a_file_of_gigabytes_is_refused_with_its_size() -> None:
    """700 pods on 30 nodes levelled are seven million products; a QUBO is bounded anyway."""
    nodes = [node(f"n{i}", cpu=400_000) for i in range(30)]
    large = cluster(nodes, [pod(f"p{i}", f"n{i % 30}", 100) for i in range(700)])
    for form in ("cqm", "lp", "mps", "ommx"):
        with pytest.raises(InputError, match=r"21,000 variables and about 7,\d{3},\d{3} terms"):
            export_problem(large, RebalanceRequest(mode="spread"), form)
    bounded = interchange(large, RebalanceRequest(mode="spread"), params=SolverParams())
    assert bounded.written(Format.QUBO)
    assert "raise solver.max_variables" in bounded.left_out(Format.QUBO)[0]
    name = bounded.variables(Format.QUBO)[0]
    assert bounded.read(f"{name} 1".encode()).placement
    with pytest.raises(InputError, match="terms"):
        bounded.read(f"{name} 1".encode(), Format.LP)
    few = interchange(large, RebalanceRequest(mode="spread"), params=SolverParams(max_variables=9))
    with pytest.raises(InputError, match=r"solver.max_variables \(9\) does not hold two nodes"):
        few.written(Format.QUBO)


def test_the_extent_told_is_near_what_is_written() -> None:
    """Products of a spread, and exclusions, within a factor of two."""
    for seed in range(4):
        problem = Interchange(random_problem(seed, 12, 5, room=1.8, traffic=False))
        cqm = problem.constrained.cqm
        terms = cqm.objective.num_interactions + sum(
            one.lhs.num_variables for one in cqm.constraints.values()
        )
        told = extent(problem.problem)
        assert told.terms / 2 <= terms <= 2 * told.terms


@pytest.mark.parametrize("form", list(Format))
def test_names_of_any_characters_come_through(form: Format) -> None:
    """Folders, quotes, brackets, other scripts: labels and comments hold them, variables do not."""
    odd = ["a/b", "a:b", "..", "a b", "日本", "x" * 300, "a\\b", 'q"', "[x]", "one"]
    nodes = [node(name, cpu=600) for name in ("n/0", "n:0", "..")]
    strange = cluster(nodes, [pod(name, "n/0", 50, service="s/1") for name in odd])
    problem = interchange(strange, RebalanceRequest(mode="spread"), params=PARAMS)
    value = energy_of(form, problem.written(form), problem.variables(form))
    today = energy(problem.problem, Weights(), problem.problem.current).total
    told = value(problem.sample(form, problem.problem.current))
    assert told == pytest.approx(today, rel=1e-9, abs=1e-9)


def test_several_solves_are_no_problem_to_export() -> None:
    with pytest.raises(InputError, match="survive"):
        export_problem(CLUSTER, RebalanceRequest(survive=("node",)), "lp")


@pytest.mark.parametrize("seed", range(5))
def test_constraints_hold_exactly_what_the_referee_refuses(seed: int) -> None:
    """Exclusions among them; presences and spreads are checked on return."""
    problem = Interchange(random_problem(seed, 4, 3, room=1.8))
    layout = problem.constrained.layout
    rng = np.random.default_rng(seed)
    left_out = replace_rules(problem)
    for _ in range(25):
        placement = np.array(
            [rng.choice(np.flatnonzero(row)) if row.any() else -1 for row in left_out.allowed]
        )
        placement = np.where(layout.free, placement, layout.settled)
        sample = problem.sample(Format.CQM, placement)
        assert problem.constrained.cqm.check_feasible(sample) == feasible(left_out, placement)


def replace_rules(problem: Interchange) -> Problem:

    return replace(problem.problem, presences=(), skews=())
