"""The problem of a question in files that other tools solve, and their solutions read back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import dimod
import numpy as np

from kytos.cluster import Cluster
from kytos.contract.given import Given
from kytos.contract.params import SolverParams
from kytos.contract.weights import Weights
from kytos.errors import InputError
from kytos.hamiltonian.cqm import ConstrainedModel, constrained_model
from kytos.hamiltonian.export import coordinates, dimod_json
from kytos.hamiltonian.layout import Layout, Scope, lay_out
from kytos.hamiltonian.lp import lp_file
from kytos.hamiltonian.model import Model, build_model
from kytos.hamiltonian.mps import mps_file
from kytos.hamiltonian.ommx import ommx_instance
from kytos.hamiltonian.samples import numbered, read_sample
from kytos.language import said
from kytos.problem import UNPLACED, Ints, Problem
from kytos.questions.qubo.extent import MOST_TERMS, extent, refuse_too_large
from kytos.questions.qubo.problem_of import problem_for_placers
from kytos.solve.focus import focus


class Format(StrEnum):
    """What a problem is written as."""

    QUBO = "qubo"
    BQM = "bqm"
    CQM = "cqm"
    LP = "lp"
    MPS = "mps"
    OMMX = "ommx"

    @property
    def penalised(self) -> bool:
        """Whether constraints are penalties of the energy, as annealers take them."""
        return self in (Format.QUBO, Format.BQM)


@dataclass(frozen=True)
class Interchange:
    """The problem of one question, as other tools know it.

    Energies are those of the referee: where a sample breaks nothing, the objective of every form
    is H. An autoscale's replica counts are settled exactly beforehand, by priority and fair
    shares; what remains, and is written, is where they run.

    Attributes
    ----------
    problem
        What is to be placed.
    weights, params
        As for a solve; of the parameters `max_variables`, `encoding` and `capacity` shape the
        QUBO, which is the one annealers are given.
    """

    problem: Problem
    weights: Weights = Weights()
    params: SolverParams = SolverParams()

    @cached_property
    def constrained(self) -> ConstrainedModel:
        """All pods and nodes in the one-hot encoding, capacities and exclusions as constraints."""
        return constrained_model(self.problem, self.weights, exclusions=True)

    @cached_property
    def penalised(self) -> Model:
        """The QUBO, of the part of the problem that fits `max_variables`."""
        scope = Scope(*focus(self.problem, self.params.max_variables))
        return build_model(self.problem, None, scope, self.params.encoding, self.params.capacity)

    def layout(self, form: Format) -> Layout:
        """What the variables of a form stand for."""
        return self.penalised.layout if form.penalised else self.constrained.layout

    def variables(self, form: Format) -> tuple[str, ...]:
        """Names of the variables of a form, in its order."""
        if form.penalised:
            return self.penalised.variables
        return tuple(str(name) for name in self.constrained.cqm.variables)

    def meanings(self, form: Format) -> dict[str, str]:
        """What each variable stands for when it is 1, by its name."""
        layout, told = self.layout(form), {}
        for name, pod, node in zip(layout.assignments, layout.pod, layout.node, strict=True):
            where = "no node" if node == UNPLACED else f"node {self.problem.nodes[node]}"
            told[name] = f"pod {self.problem.pods[pod]} on {where}"
        for name, node in zip(layout.uses, layout.counted_nodes, strict=True):
            told[name] = f"node {self.problem.nodes[node]} in use"
        return told

    def written(self, form: Format, *, as_json: bool = False) -> bytes:
        """Return the file.

        Parameters
        ----------
        as_json
            Of a QUBO or BQM, dimod's JSON instead of a coordinate list or dimod's own file.

        Raises
        ------
        InputError
            When nothing may go anywhere else, so that there is no variable, or so much may that
            the file would take gigabytes.
        """
        if not form.penalised:
            refuse_too_large(self.problem, linear=form is Format.MPS, form=form)
        if not self.layout(form).assignments:
            raise InputError(said(f"there is nothing to export: {self._why_nothing()}"))
        if form.penalised:
            bqm = self.penalised.bqm(self.weights)
            if as_json:
                return dimod_json(bqm)
            return coordinates(bqm) if form is Format.QUBO else _whole_file(bqm)
        cqm = self.constrained.cqm
        if form is Format.CQM:
            return _whole_file(cqm)
        told = self.meanings(form)
        if form is Format.OMMX:
            return ommx_instance(cqm, told, "Kytos: pods to nodes")
        return lp_file(cqm, told) if form is Format.LP else mps_file(cqm, told)

    def left_out(self, form: Format) -> tuple[str, ...]:
        """Say in sentences what of the problem a form does not hold."""
        told = []
        layout = self.layout(form)
        moving, whole = int(layout.free.sum()), len(self.problem.pods)
        if form.penalised and moving < self._choosing:
            told.append(
                said(
                    f"The QUBO decides on {moving} of {whole} pods; raise solver.max_variables "
                    f"({self.params.max_variables}) for more."
                )
            )
        rules = [rule.rule for rule in self.problem.presences]
        rules += [rule.rule for rule in self.problem.skews]
        if rules:
            names = ", ".join(sorted(set(rules))[:3])
            told.append(
                said(
                    f"{len(rules)} rules of pod affinity and topology spread are not in the file "
                    f"({names}): a solution is checked for them when it comes back, and repaired."
                )
            )
        return tuple(told)

    def sample(self, form: Format, placement: Ints) -> dict[str, int]:
        """Return the sample that stands for a placement ``(pods,)``.

        Raises
        ------
        ValueError
            When a pod is where the form has no variable for it.
        """
        if form.penalised:
            return dict(self.penalised.sample(self.penalised.encode(placement)))
        layout = self.layout(form)
        sample = {
            name: int(placement[pod] == node)
            for name, pod, node in zip(layout.assignments, layout.pod, layout.node, strict=True)
        }
        used = {
            name: int((placement == node).any())
            for name, node in zip(layout.uses, layout.counted_nodes, strict=True)
        }
        return sample | used

    def read(self, content: bytes, form: Format | None = None) -> Given:
        """Read a solution of one of the forms.

        Parameters
        ----------
        form
            Which was solved; left out, the one whose variables the solution names.

        Raises
        ------
        InputError
            When it gives the problem's variables no values, or values to those of another.
        """
        if form is None and extent(self.problem).terms > MOST_TERMS:
            form = Format.QUBO  # no other was written
        if form is not None and not form.penalised:
            refuse_too_large(self.problem, linear=False, form=form)
        if not self.layout(form or Format.CQM).assignments:
            raise InputError(said(f"there is nothing to solve: {self._why_nothing()}"))
        try:
            chosen = self._form_of(content) if form is None else form
            sample = read_sample(content, self.variables(chosen))
        except ValueError as error:
            raise InputError(str(error), "solution") from error
        layout = self.layout(chosen)
        bits = np.array([[sample.get(name, 0) > 0.5 for name in layout.assignments]])
        if chosen.penalised:
            decoded = self.penalised.decode(bits.astype(np.int8))
            placement, broken = decoded.placements[0], decoded.broken[0]
        else:
            placement = self.constrained.placement(
                dict(zip(layout.assignments, bits[0].astype(float), strict=True))
            )
            count = np.bincount(layout.pod[bits[0]], minlength=len(self.problem.pods))
            broken = layout.free & ((count > 1) | ((count == 0) & ~layout.may_wait))
        two = [self.problem.pods[pod] for pod in np.flatnonzero(broken)]
        nodes = self.problem.nodes
        return Given(
            **self.params.model_dump(),
            placement={
                pod: None if node == UNPLACED else nodes[node]
                for pod, node in zip(self.problem.pods, placement, strict=True)
            },
            broken=(f"in no place or two: {', '.join(two[:5])}.",) if two else (),
        )

    @cached_property
    def _choosing(self) -> int:
        """Pods with more than one place."""
        return int(lay_out(self.problem).free.sum())

    def _why_nothing(self) -> str:
        if not self._choosing:
            return said("no pod may go to another node")
        return said(
            f"solver.max_variables ({self.params.max_variables}) does not hold two nodes with "
            "their pods; raise it"
        )

    def _form_of(self, content: bytes) -> Format:
        """A constrained form, unless the QUBO alone has exactly the variables that are named.

        Numbers in place of names are those of a coordinate list, a QUBO's.
        """
        if numbered(content):
            return Format.QUBO
        fits = []
        for form in (Format.CQM, Format.BQM):
            names = self.variables(form)
            try:
                named = set(read_sample(content, names))
            except ValueError:
                continue
            if named == set(names) and _names(content, names):
                return form
            fits.append(form)
        return fits[0] if fits else Format.CQM


def interchange(
    cluster: Cluster,
    request: object,
    weights: Weights = Weights(),
    params: SolverParams = SolverParams(),
) -> Interchange:
    """Return the problem of a question for export, or to read a solution of it.

    Raises
    ------
    InputError
        When the question asks for more than one problem can say (`survive`, `least_nodes`).
    """
    for field in ("survive", "least_nodes"):
        if getattr(request, field, None):
            raise InputError(
                said(f"{field} is decided over several solves, no one problem; leave it out"), field
            )
    return Interchange(problem_for_placers(request, cluster, weights), weights, params)


def _names(content: bytes, names: tuple[str, ...]) -> bool:
    """Whether a solution tells nothing but these variables; slack tells a QUBO apart."""
    return b"s[" not in content or any(name.startswith("s[") for name in names)


def _whole_file(model: dimod.BinaryQuadraticModel | dimod.ConstrainedQuadraticModel) -> bytes:
    with model.to_file() as file:
        return bytes(file.read())
