"""A handout made of an answer and its cluster, and read back to the same question and answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from kytos.calls.answers import CarryOut, carry_out
from kytos.calls.catalogue import CALLS, asked
from kytos.calls.saved_use import saved_use
from kytos.calls.scenario import REQUESTS, Scenario, digest_of, read_scenario
from kytos.cluster import Cluster, Frozen
from kytos.contract.runbook import Runbook
from kytos.contract.watch import Watch
from kytos.errors import SourceError, first_problem
from kytos.language import said
from kytos.questions.autoscale.autoscale import AutoscaleOutcome, scaled_cluster
from kytos.questions.autoscale.request import AutoscaleRequest
from kytos.questions.fleet.fleet import FleetOutcome
from kytos.questions.fleet.fleet import planned_cluster as fleet_planned
from kytos.questions.fleet.request import FleetRequest
from kytos.questions.outcome import Outcome, Question
from kytos.questions.placement.placement import planned_cluster
from kytos.questions.placement.request import PlacementOutcome, PlacementRequest
from kytos.questions.rebalance import RebalanceOutcome
from kytos.questions.recovery.recovery import RecoveryOutcome
from kytos.report.handout import Handout, handout_page
from kytos.sources.documents import longest_file
from kytos.sources.packed import is_page, packed, unpacked

OUTCOMES: dict[Question, type[Outcome]] = {
    Question.REBALANCE: RebalanceOutcome,
    Question.RECOVERY: RecoveryOutcome,
    Question.PLACEMENT: PlacementOutcome,
    Question.AUTOSCALE: AutoscaleOutcome,
    Question.FLEET: FleetOutcome,
}
"""What each question answers with."""

MOST_WORK = 200_000
"""Changes times pods up to which a runbook is worked out for a handout: about ten seconds."""


@dataclass(frozen=True)
class Opened:
    """What a handout or a saved answer holds.

    Attributes
    ----------
    scenario
        The question with its cluster; None where only the answer is there.
    """

    outcome: Outcome
    scenario: Scenario[Any] | None = None


def before_and_after(cluster: Cluster, request: Any, outcome: Any) -> tuple[Cluster, Cluster]:
    """Return the cluster as it is and as an answer would have it, node by node alike."""
    if isinstance(request, PlacementRequest) and isinstance(outcome, PlacementOutcome):
        after = planned_cluster(cluster, request, outcome)
        return after.with_placement(dict.fromkeys(outcome.placement)), after
    if isinstance(request, AutoscaleRequest) and isinstance(outcome, AutoscaleOutcome):
        return cluster, scaled_cluster(cluster, request, outcome)
    if isinstance(request, FleetRequest) and isinstance(outcome, FleetOutcome):
        return cluster, fleet_planned(cluster, request, outcome)
    return cluster, cluster.with_placement(outcome.placement)


def handout(scenario: Scenario[Any], outcome: Outcome, *, most_work: int = MOST_WORK) -> str:
    """Return an answer to a scenario that holds its cluster as a page of HTML.

    Parameters
    ----------
    most_work
        Changes times pods up to which a runbook that the answer lacks is worked out.
    """
    cluster = scenario.cluster
    if cluster is None:
        raise ValueError("a handout needs the cluster in its scenario")
    before, after = before_and_after(cluster, scenario.request, outcome)
    content = {
        "scenario": json.loads(scenario.to_json()),
        "answer": json.loads(outcome.model_dump_json(by_alias=True)),
    }
    return handout_page(
        Handout(
            outcome,
            cluster.name,
            before,
            after,
            outcome.runbook or _runbook(cluster, scenario.request, outcome, most_work),
            datetime.now(UTC),
            packed(json.dumps(content, separators=(",", ":")).encode()),
        )
    )


def handout_of_answer(outcome: Outcome, name: str) -> str:
    """Return an answer whose cluster is not there as a page, without pictures of nodes."""
    return handout_page(Handout(outcome, name, None, None, outcome.runbook, datetime.now(UTC)))


def scenario_of(outcome: Outcome, cluster: Cluster) -> Scenario[Any]:
    """Return the question of an answer that tells how it was asked.

    Raises
    ------
    SourceError
        When it does not tell, or is about another cluster.
    """
    if outcome.asked is None:
        raise SourceError(
            said(
                "does not tell how it was asked (field asked); ask again with this version of Kytos"
            ),
            "the answer",
        )
    _check_cluster(outcome, cluster)
    try:
        request = REQUESTS[outcome.question].model_validate_json(json.dumps(outcome.asked.request))
    except ValidationError as error:
        problem = first_problem(error)
        raise SourceError(said(f"has a request that cannot be read: {problem}"), "asked") from error
    return Scenario(
        question=outcome.question,
        digest=digest_of(cluster),
        cluster=cluster,
        use=None if cluster.usage is None else saved_use(cluster.usage),
        request=request,
        weights=outcome.weights,
        solver=outcome.asked.solver,
        params=outcome.asked.params,
    )


def read_answer(content: bytes, where: str) -> Opened:
    """Read an answer as ``--output`` writes it, or a handout.

    Raises
    ------
    SourceError
        When it is neither.
    """
    if is_page(content):
        return read_handout(content, where)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            said("is neither an answer as --output writes it nor a handout"), where
        ) from error
    return Opened(_outcome(value, where))


def read_question(content: bytes, where: str) -> Scenario[Any]:
    """Read the question of a handout, or of a scenario that holds its cluster.

    Raises
    ------
    SourceError
        When it is neither.
    """
    if not is_page(content):
        scenario = read_scenario(content)
        if scenario.cluster is None:
            raise SourceError(
                said(
                    f"asks of the sample cluster {scenario.sample!r}, which the dashboard has; "
                    "open it there, or ask with the cluster's file"
                ),
                where,
            )
        return scenario
    carried = read_handout(content, where).scenario
    assert carried is not None
    return carried


def answered_again(scenario: Scenario[Any], watch: Watch) -> Outcome:
    """Ask a scenario that holds its cluster.

    Raises
    ------
    kytos.errors.InputError
        When the question and the cluster do not agree.
    """
    assert scenario.cluster is not None
    chosen = {} if scenario.solver is None else {"solver": scenario.solver}
    outcome: Outcome = CALLS[scenario.question].function(
        scenario.cluster,
        scenario.request,
        weights=scenario.weights,
        params=scenario.params,
        watch=watch,
        **chosen,
    )
    return outcome.model_copy(
        update={"asked": asked(scenario.request, scenario.solver, scenario.params)}
    )


def read_handout(content: bytes, where: str, max_bytes: int | None = None) -> Opened:
    """Read what a handout carries.

    Raises
    ------
    SourceError
        When it carries nothing that can be read.
    """
    data = unpacked(content, where, longest_file() if max_bytes is None else max_bytes)
    try:
        value = json.loads(data)
        scenario = read_scenario(json.dumps(value["scenario"]).encode())
        outcome = _outcome(value["answer"], where)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise SourceError(said("carries a scenario that cannot be read"), where) from error
    if scenario.cluster is None or scenario.question is not outcome.question:
        raise SourceError(said("carries a question that is not its answer's"), where)
    _check_cluster(outcome, scenario.cluster)
    return Opened(outcome, scenario)


def _outcome(value: object, where: str) -> Outcome:
    question = value.get("question") if isinstance(value, dict) else None
    if question not in list(Question):
        raise SourceError(
            said(
                f"is no answer: expected a question among {', '.join(Question)}, not {question!r}"
            ),
            where,
        )
    try:
        return OUTCOMES[Question(question)].model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise SourceError(said(f"is no whole answer: {first_problem(error)}"), where) from error


def _check_cluster(outcome: Any, cluster: Cluster) -> None:
    """Refuse another cluster than the answer's: its pictures would show what never was."""
    for move in getattr(outcome, "moves", ()):
        at = cluster.pod_index.get(move.pod)
        if at is None or cluster.pods[at].node != move.origin:
            raise SourceError(
                said(
                    f"the answer moves {move.pod} from {move.origin}, where this cluster does "
                    "not have it; give the cluster that was asked about"
                ),
                "the cluster",
            )
    known = {node for node in outcome.placement.values() if node is not None}
    bought = set(getattr(outcome, "bought_nodes", ()))
    bought |= {name for one in getattr(outcome, "buy", ()) for name in one.nodes}
    strange = sorted(known - bought - set(cluster.node_index))
    if strange:
        raise SourceError(
            said(
                f"the answer has pods on {strange[0]}, which is no node of this cluster; give the "
                "cluster that was asked about"
            ),
            "the cluster",
        )


def _runbook(cluster: Cluster, request: Frozen, outcome: Outcome, most_work: int) -> Runbook | None:
    work = CarryOut(asked=request, outcome=outcome)
    return carry_out(cluster, work) if work.work <= most_work else None
