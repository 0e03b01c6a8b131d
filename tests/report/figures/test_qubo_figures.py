"""What the panel's figures draw is what they were given."""

from __future__ import annotations

import numpy as np
import pytest

from kytos.hamiltonian.picture import MatrixPicture
from kytos.report.figures.baselines import energies_side_by_side
from kytos.report.figures.embedding import chain_lengths, embedding_picture
from kytos.report.figures.matrix import matrix_figure
from kytos.report.figures.reads import (
    objectives_by_sampler,
    read_energies,
    read_objectives,
    times_to_solution,
)
from kytos.report.figures.style import AFTER
from kytos.report.time_to_solution import time_to_solution


@pytest.fixture
def picture() -> MatrixPicture:
    """Three variables: one strong and positive, one weak and negative, one without any."""
    values = np.array([[1.0, -0.01, 0.0], [-0.01, 0.5, 0.0], [0.0, 0.0, 0.0]])
    parts = (("assignment", 2), ("slack", 1))
    return MatrixPicture(values, np.arange(4), ("x[0,1]", "x[0,2]", "s"), parts)


def test_matrix_shades_by_sign_and_order_of_magnitude(picture: MatrixPicture) -> None:
    """Stronger is darker, the sign gives the side, and what is not there is left blank."""
    shade = np.array(matrix_figure(picture).data[0].z, dtype=float)
    assert shade[0, 0] == 1.0
    assert -1 < shade[0, 1] < 0 < shade[1, 1] < shade[0, 0]
    assert np.isnan(shade[2]).all()


def test_matrix_names_its_parts_and_parts_them(picture: MatrixPicture) -> None:
    """One tick for each kind of variables, one line between two kinds on either axis."""
    figure = matrix_figure(picture)
    assert list(figure.layout.xaxis.ticktext) == ["assignment<br>2", "slack<br>1"]
    assert len(figure.layout.shapes) == 2
    assert figure.layout.shapes[0].y0 == 1.5


def test_matrix_of_nothing_is_drawn() -> None:
    """All coefficients 0 is no division by 0."""
    empty = MatrixPicture(np.zeros((1, 1)), np.arange(2), ("x",), (("assignment", 1),))
    assert np.isnan(matrix_figure(empty).data[0].z[0][0])


def test_histogram_holds_every_read_and_marks_the_answer() -> None:
    """The mark stands at the refined answer's energy, and only where it has one."""
    figure = read_energies([3.0, 4.0, 4.0], answer=1.5)
    assert list(figure.data[0].x) == [3.0, 4.0, 4.0]
    assert figure.layout.shapes[0].x0 == 1.5
    assert not read_energies([3.0], answer=None).layout.shapes


def test_histogram_of_few_reads_counts_whole_ones() -> None:
    """No tick at half a read."""
    assert read_energies([3.0, 4.0, 4.0], answer=None).layout.yaxis.dtick == 1
    assert read_energies([3.0] * 60, answer=None).layout.yaxis.dtick is None


def test_objectives_stand_beside_doing_nothing_and_the_answer() -> None:
    """All three are within the axis."""
    figure = read_objectives([2.0, 3.0], start=5.0, answer=1.0)
    low, high = figure.layout.yaxis.range
    assert low < 1.0 < 5.0 < high
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [1.0, 5.0]


def test_reads_that_leave_out_more_pods_do_not_stretch_the_axis() -> None:
    """They stand at its upper end, each at its place; the others are drawn at their energy."""
    figure = read_objectives([2.0, 400.0, 3.0], 5.0, 1.0, short=[False, True, False])
    low, high = figure.layout.yaxis.range
    assert low < 1.0 < 5.0 < high < 10.0
    level, beyond = figure.data
    assert list(level.y) == [2.0, 3.0]
    assert (list(beyond.x), list(beyond.y), list(beyond.customdata)) == ([2], [high], [400.0])


def test_no_success_is_an_arrow_and_never_a_time() -> None:
    """What no read reached is told as longer than, with how many tried."""
    hit, missed = (time_to_solution([1.0, 2.0, 2.0], target, 0.1) for target in (1.0, 0.5))
    figure = times_to_solution([("reached", hit), ("missed", missed)])
    assert list(figure.data[0].y) == ["reached"]
    assert list(figure.data[1].y) == ["missed"]
    assert figure.data[1].marker.symbol == "triangle-right"
    assert "0 of 3 reads" in figure.data[1].text[0]


def test_only_couplers_inside_a_chain_join_it() -> None:
    """A coupler between two chains, or to an idle qubit, is not drawn as holding one."""
    positions = {qubit: (float(qubit), 0.0) for qubit in range(5)}
    figure = embedding_picture(
        {"a": (0, 1), "b": (2,)}, tuple(range(5)), ((0, 1), (1, 2), (3, 4)), positions
    )
    joined = [x for x in figure.data[1].x if x == x]
    assert joined == [0.0, 1.0]
    assert len(figure.data[2].x) == 3


def test_chains_are_counted_by_length() -> None:
    """The bins are whole qubits."""
    figure = chain_lengths([1, 2, 2, 5])
    assert list(figure.data[0].x) == [1, 2, 2, 5]
    assert figure.data[0].xbins.size == 1


def test_chains_of_one_length_are_one_bar_among_the_lengths_there_could_be() -> None:
    """Not a block over the whole figure: shorter lengths keep their place."""
    assert list(chain_lengths([3, 3, 3]).layout.xaxis.range) == [0.5, 3.5]


def test_baselines_are_ordered_and_the_plan_stands_out() -> None:
    """Lowest first; the plan differs in colour and in pattern."""
    bars = energies_side_by_side({"first-fit": 3.0, "this plan": 1.0}, "this plan").data[0]
    assert list(bars.y) == ["this plan", "first-fit"]
    assert bars.marker.color[0] == AFTER != bars.marker.color[1]
    assert bars.marker.pattern.shape[0] != bars.marker.pattern.shape[1]


def test_reads_stand_above_their_samplers_name() -> None:
    """Every read of each is drawn, and the answer lies within the picture."""
    reads = {"openjij-sa": [3.0, 2.5], "dwave-tabu": [2.0]}
    figure = objectives_by_sampler(reads, start=4.0, answer=1.0)
    drawn = [pair for trace in figure.data for pair in zip(trace.x, trace.y, strict=True)]
    assert drawn == [("openjij-sa", 3.0), ("openjij-sa", 2.5), ("dwave-tabu", 2.0)]
    low, high = figure.layout.yaxis.range
    assert low < 1.0 < 4.0 < high
