"""The QUBO tab tells what was annealed, and never sends anything by itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import dimod
import ommx.v1
import pytest
import streamlit as st
from ortools.linear_solver.python import model_builder
from streamlit.testing.v1 import AppTest

from kytos.ui.parts.text import plain
from tests.pages.conftest import button, page, tab, wait_for_result, words


@pytest.fixture
def answered(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Rebalance page with OpenJij's answer to the default sample; no D-Wave token."""
    monkeypatch.delenv("DWAVE_API_TOKEN", raising=False)
    monkeypatch.setenv("DWAVE_CONFIG_FILE", "/dev/null")
    app = page(app, "1_Rebalance")
    app.selectbox(key="solver").set_value("openjij-sa")
    app.number_input(key="qubo").set_value(100)
    button(app, "Rebalance").click().run()
    return tab(wait_for_result(app), "rebalance", "QUBO")


def facts(app: AppTest) -> dict[str, str]:
    """The table of sizes, by fact."""
    table = next(
        t.value for t in app.dataframe if "Precision needed" in set(t.value.get("Fact", ()))
    )
    return dict(zip(table["Fact"], table["Value"], strict=True))


def test_the_hamiltonian_and_its_size_are_shown(answered: AppTest) -> None:
    """Formulas with numbers, and a size that agrees with what the answer says was annealed."""
    assert not answered.exception
    latex = [element.value for element in answered.latex]
    assert any("H_\\text{constraint}" in formula for formula in latex)
    assert any("y_n" in formula for formula in latex)
    answer = answered.session_state["answer rebalance"]
    qubo = answer.outcome.solver.qubo
    assert facts(answered)["Variables"].startswith(f"{qubo.variables:,} (")
    assert facts(answered)["Precision needed"].endswith("bits, the sign included")


def test_penalties_stand_beside_what_reads_break(answered: AppTest) -> None:
    """One table names each family of constraints, its penalty, and how many reads broke it."""
    table = next(t.value for t in answered.dataframe if "Lower bound" in t.value)
    assert "pod in no place or two" in set(table["Constraint"])
    reads = answered.session_state["answer rebalance"].outcome.solver.qubo.reads
    assert all(said.endswith(f"of {reads} reads") for said in table["Broken by"])


def test_time_to_solution_comes_with_its_confidence(answered: AppTest) -> None:
    """Few reads are said to be few."""
    assert "95 % intervals (Wilson)" in words(answered)


def test_the_qubo_can_be_taken_away(answered: AppTest) -> None:
    """In three formats."""
    labels = {shown.label for shown in answered.get("download_button")}
    assert {"QUBO as dimod JSON", "QUBO as .coo", "Ising h and J"} <= labels


def test_the_whole_problem_can_be_taken_away(
    answered: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each button hands out is read by the reader of its format, and holds every pod."""
    handed: dict[str, Callable[[], bytes]] = {}
    drawn = st.download_button

    def noted(label: str, data: Any = None, *arguments: Any, **options: Any) -> bool:
        handed[label] = data
        return drawn(label, data, *arguments, **options)

    monkeypatch.setattr(st, "download_button", noted)
    answered.run()
    cqm = dimod.ConstrainedQuadraticModel.from_file(io.BytesIO(handed["CQM"]()))
    assert len(dimod.lp.loads(handed["LP"]().decode()).variables) == len(cqm.variables) + 1
    assert len(ommx.v1.Instance.from_bytes(handed["OMMX"]()).decision_variables) == len(
        cqm.variables
    )
    program = model_builder.ModelBuilder()
    assert program.import_from_mps_string(handed["MPS"]().decode())
    qubo = answered.session_state["answer rebalance"].outcome.solver.qubo
    moving = {name.split(",")[0] for name in cqm.variables if name.startswith("x[")}
    assert len(moving) == qubo.pods_total, (len(moving), qubo)
    bqm = dimod.BinaryQuadraticModel.from_serializable(json.loads(handed["QUBO as dimod JSON"]()))
    assert bqm.num_variables == qubo.variables
    assert b"\n" in handed["QUBO as .coo"]()
    assert {"h", "J"} <= set(json.loads(handed["Ising h and J"]()))


def test_without_a_token_d_wave_is_disabled_and_says_how_to_set_it(answered: AppTest) -> None:
    """The choice is there, and cannot be pressed."""
    for name in ("dwave-qpu", "dwave-leap-bqm", "dwave-leap-cqm", "dwave-leap-nl"):
        assert button(answered, f"What would {name} take?").disabled
    assert plain("DWAVE_API_TOKEN") in words(answered)
    assert not [found for found in answered.button if found.label == "Send"]


def test_the_usual_tools_stand_beside_the_plan(answered: AppTest) -> None:
    """They run when asked for, and no error comes of it."""
    answered.toggle(key="usual tools").set_value(True).run()
    assert not answered.exception
    assert not answered.error


def test_samplers_are_put_beside_each_other(answered: AppTest) -> None:
    """Reads of each on the QUBO shown, with what they came to; the answer stays as it was."""
    before = answered.session_state["answer rebalance"]
    button(answered, "Draw reads with each").click().run()
    app = wait_for_result(answered)
    assert not app.exception
    table = next(t.value for t in app.dataframe if "Median read" in t.value)
    local = {"openjij-sa", "openjij-sqa", "dwave-sa", "dwave-tabu", "parallel-tempering"}
    assert set(table["Sampler"]) == local
    assert any("by sampler" in chart.proto.id for chart in app.get("plotly_chart"))
    assert app.session_state["answer rebalance"] is before
    app.number_input(key="qubo").set_value(60)
    button(app, "Rebalance").click().run()
    app = wait_for_result(app)
    assert not [t for t in app.dataframe if "Median read" in t.value]


PAGES = {
    "2_Recovery": ("A zone goes dark", "Recover", "x_{p,n}"),
    "3_Placement": ("A burst of functions", "Place", "x_{p,n}"),
    "4_Autoscale": ("The sale begins", "Autoscale", "k_{s,n}"),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_question_shows_its_qubo(app: AppTest, name: str) -> None:
    """The formulas, the size that was annealed, penalties and exports, whatever was asked."""
    scenario, pressed, variable = PAGES[name]
    app = page(app, name)
    button(app, scenario).click().run()
    app.selectbox(key="solver").set_value("openjij-sa")
    button(app, pressed).click().run()
    question = {"Recover": "recovery", "Place": "placement", "Autoscale": "auto_scale"}[pressed]
    app = tab(wait_for_result(app), question, "QUBO")
    assert not app.exception
    latex = [element.value for element in app.latex]
    assert any("H_\\text{constraint}" in formula for formula in latex)
    assert any(variable in formula for formula in latex)
    qubo = app.session_state[f"answer {question}"].outcome.solver.qubo
    assert facts(app)["Variables"].startswith(f"{qubo.variables:,} (")
    table = next(t.value for t in app.dataframe if "Lower bound" in t.value)
    assert len(table) >= 2
    assert "QUBO as .coo" in {shown.label for shown in app.get("download_button")}
    app.toggle(key="usual tools").set_value(True).run()
    assert not app.exception
    assert not app.error


def test_a_comparison_shows_the_qubo_of_the_plan_chosen(app: AppTest) -> None:
    """The sampler's reads with the sampler, the QUBO without reads with a placer."""
    app = page(app, "5_Compare")
    app.multiselect(key="compared").set_value(["openjij-sa", "kube-scheduler"])
    button(app, "Compare").click().run()
    app = wait_for_result(app)
    app.selectbox(key="plan of").set_value("openjij-sa").run()
    assert "Feasible as sampled" in facts(app)
    app.selectbox(key="plan of").set_value("kube-scheduler").run()
    assert not app.exception
    assert "Feasible as sampled" not in facts(app)
    assert "draws no samples" in words(app)
