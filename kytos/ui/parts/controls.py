"""The sidebar's controls: the four weights, the solver and its budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from kytos.cluster import DEFAULT_SCHEDULER, HOSTNAME, Cluster
from kytos.contract.params import Capacity, Effort, Encoding, SolverName, SolverParams
from kytos.contract.weights import Weights
from kytos.language import N_, _
from kytos.problem import LoadMode
from kytos.questions.parts.limits import carries
from kytos.questions.rebalance import RebalanceRequest, moves_worth_a_node
from kytos.questions.recovery.failure import HowNodesFail
from kytos.solve.registry import is_installed
from kytos.ui.parts import expert, meanings
from kytos.ui.parts.held import hold
from kytos.ui.parts.meanings import Meanings
from kytos.ui.parts.text import plain
from kytos.ui.parts.use_controls import use_limits, use_values
from kytos.ui.session.clusters import Loaded

Number = TypeVar("Number", int, float)

FREE = "free"
"""Key of the headroom's control, and its name in the page's link."""
MOST_FREE = 90
MOST_MOVES = 100_000
USUAL_FREE = 10
"""Percent of each node that a page keeps free unless told otherwise."""
KEEP = "keep_nodes"
SURVIVE, LEAST, WHY = "survive", "least_nodes", "why_not_freed"
MODE = "mode"
"""Key of the mode's control, and its name in the page's link."""

BY_SIZE = N_("by size")
"""The choice that leaves the solver to the size of the problem."""
UNTIL_CAP = N_("the whole time cap")
HOW = "how"
"""Key of the choice of how nodes fail, and its name in the page's link."""
EFFORTS = (*(effort.value for effort in Effort), UNTIL_CAP)
_HIGHEST = 5.0
MODE_NAMES = {
    LoadMode.CONSOLIDATE: N_("Fewer nodes"),
    LoadMode.SPREAD: N_("Even load"),
    LoadMode.SQUARES: N_("Avoid full nodes"),
}
HOW_IN_WORDS = {
    HowNodesFail.DELETED: N_("deleted (or tainted out-of-service)"),
    HowNodesFail.NOT_READY: N_("only not ready"),
}
_MOST_PODS_LISTED = 2_000
"""Beyond that a browser takes long over the list; services and namespaces are still there."""
_GROUPS = N_("pods, services, namespaces")
_DEFAULTS = SolverParams()


@dataclass(frozen=True)
class Preset:
    """A named position of the sliders."""

    name: str
    help: str
    values: Mapping[str, Any]


PRESETS = (
    Preset(
        N_("Cut cost"),
        N_("Empty as many nodes as possible; moves are cheap."),
        {MODE: LoadMode.CONSOLIDATE.value, "A": 1.0, "B": 1.0, "C": 0.2, "D": 0.2},
    ),
    Preset(
        N_("Spread out"),
        N_("Level CPU and memory, and keep replicas apart."),
        {MODE: LoadMode.SPREAD.value, "A": 1.0, "B": 1.0, "C": 1.0, "D": 3.0},
    ),
    Preset(
        N_("Don't touch"),
        N_("Move only what pays back within 14 hours."),
        {MODE: LoadMode.CONSOLIDATE.value, "A": 1.0, "B": 1.0, "C": 5.0, "D": 1.0},
    ),
)


def presets(offered: Sequence[Preset] = PRESETS) -> None:
    """Draw presets as a row of buttons."""
    with st.container(horizontal=True, gap="small"):
        for preset in offered:
            st.button(
                _(preset.name),
                help=_(preset.help),
                on_click=set_controls,
                args=(preset.values,),
                key=f"preset {preset.name}",
                width="stretch",
            )


def set_controls(values: Mapping[str, Any]) -> None:
    """Set controls by their keys; only before the page draws them, as a callback is."""
    for key, value in values.items():
        st.session_state[key] = value


def rebalance_controls(
    loaded: Loaded, *, promises: bool = True
) -> tuple[RebalanceRequest, Weights]:
    """Draw what a rebalance takes: goal, headroom, most moves, exclusions and the four weights.

    Parameters
    ----------
    promises
        Whether the plan may be held to surviving failures.
    """
    cluster = loaded.cluster
    mode = load_mode()
    max_utilization = headroom()
    use = use_limits(loaded)
    hold("max_moves", _("Moves"), 0, MOST_MOVES)
    max_moves = st.number_input(
        _("At most this many moves"),
        min_value=0,
        max_value=MOST_MOVES,
        value=None,
        step=1,
        placeholder=_("no limit"),
        key="max_moves",
        bind="query-params",
    )
    names = _pods_and_groups(cluster)
    with st.expander(_("Exclusions"), icon=":material/lock:"):
        must_stay = names_chosen(
            _("Keep in place"), "must_stay", names, _GROUPS, help=_("These pods do not move.")
        )
        keep_nodes = kept_nodes(cluster)
        least_nodes = _pools(cluster) if promises else {}
    survive: tuple[str, ...] = ()
    why = False
    if promises:
        why = st.toggle(
            _("Say why nodes are not freed"),
            key=WHY,
            bind="query-params",
            help=_("Empties each node that stays with the exact solver: takes a while."),
        )
        survive = tuple(
            st.pills(
                _("Survive the failure of any one"),
                ["node", "zone"],
                format_func=lambda kind: _("node") if kind == "node" else _("zone"),
                selection_mode="multi",
                key=SURVIVE,
                bind="query-params",
                help=_(
                    "Whatever one of them fails after the plan, all pods it evicts find a node. "
                    "What could not be survived before the plan may stay so."
                ),
            )
        )
    sliders = st.container()  # above the switch, though what they mean depends on what is below
    expert.switch()
    others = sorted({pod.scheduler for pod in cluster.pods} - {DEFAULT_SCHEDULER})
    further = expert.values(_WHO_MAY_MOVE, lambda: _who_may_move(names, others))
    request = RebalanceRequest(
        mode=mode,
        max_utilization=max_utilization,
        keep_nodes=keep_nodes,
        risk=promises,
        survive=survive,
        why_not_freed=why,
        least_nodes=least_nodes,
        max_moves=max_moves,
        zone_pairs=further["zones"],
        may_move=tuple(name for name in further["may_move"] if name in names),
        must_stay=must_stay,
        move_custom_controllers=further["move_custom_controllers"],
        schedulers=tuple(name for name in further["schedulers"] if name in others),
        **use,
    )
    with sliders:
        weights = weights_meaning(rebalance_meanings(loaded, request))
    return request, weights


def _who_may_move(names: Sequence[str], others: Sequence[str]) -> None:
    """Draw the finer rules of who moves, by pod, controller and scheduler."""
    st.toggle(
        _("Keep replicas apart by zone too"),
        key="zones",
        bind="query-params",
        help=_("Two replicas of one service in one zone count like two on one node."),
    )
    with st.expander(_("Who may move"), icon=":material/lock_open:"):
        names_chosen(
            _("Let move"), "may_move", names, _GROUPS, help=_("Though care would pin them.")
        )
        st.toggle(
            _("Custom controllers' pods may move"),
            key="move_custom_controllers",
            bind="query-params",
            help=_("Pods of a TaskRun, a SparkApplication and the like: may it start them again?"),
        )
        names_chosen(
            _("Schedulers to treat as the default"),
            "schedulers",
            others,
            _("none"),
            help=_("Pods of other schedulers stay by default, and their nodes with them."),
        )


def headroom(usual: int = USUAL_FREE) -> float:
    """Draw what stays free of every node; return the share that pods may fill one to."""
    hold(FREE, _("Kept free (%)"), 0, MOST_FREE)
    free = st.slider(
        _("Keep at least this much free (%)"),
        min_value=0,
        max_value=MOST_FREE,
        value=usual,
        step=5,
        key=FREE,
        bind="query-params",
        help=_(
            "Of each node's CPU and memory. Where more is taken already it may stay, "
            "and never grows."
        ),
    )
    return (100 - free) / 100


def headroom_values(max_utilization: float) -> dict[str, Any]:
    """Return the value of the headroom's control by key."""
    return {FREE: round(100 * (1 - max_utilization))}


def kept_nodes(cluster: Cluster) -> tuple[str, ...]:
    """Draw the choice of nodes that are never freed, by name or by label."""
    labels = {
        f"{key}={value}"
        for node in cluster.nodes
        for key, value in node.labels.items()
        if key != HOSTNAME
    }
    names = [node.name for node in cluster.nodes]
    return names_chosen(
        _("Never free these nodes"), KEEP, [*names, *sorted(labels)], _("nodes, labels")
    )


def _pools(cluster: Cluster) -> dict[str, int]:
    """Draw the least sizes of pools; what cannot be read is said and left out."""
    typed = st.text_input(
        _("Pools of at least"),
        key=LEAST,
        bind="query-params",
        placeholder="pool=web:3, pool=db:2",
        help=_("By label: so many of the nodes that carry it stay in use."),
    )
    least: dict[str, int] = {}
    for entry in filter(None, map(str.strip, typed.split(","))):
        label, _colon, count = entry.rpartition(":")
        if count.isdecimal() and any(carries(node, label) for node in cluster.nodes):
            least[label] = int(count)
        else:
            st.warning(
                _(
                    "Left out: {entry} is no key=value:number with a label of these nodes.",
                    entry=plain(entry),
                ),
                icon=":material/label_off:",
            )
    return least


def rebalance_meanings(loaded: Loaded, request: RebalanceRequest) -> Meanings:
    """Return what the sliders mean for a rebalance of a cluster."""
    worth = _moves_worth_a_node(loaded.digest, request.model_dump_json(), loaded.cluster, request)
    return meanings.moving(request.mode, worth)


@st.cache_data(max_entries=64, show_spinner=False)
def _moves_worth_a_node(
    digest: str,  # noqa: ARG001
    asked: str,  # noqa: ARG001
    _cluster: Cluster,
    _request: RebalanceRequest,
) -> float:
    """Cached by the cluster's digest and what is asked of it."""
    return moves_worth_a_node(_cluster, _request)


def weights_meaning(told: Meanings) -> Weights:
    """Draw the four sliders, each with what its position means."""
    A = _slider("A", _("A · constraints"))
    st.caption(meanings.constraint_meaning(A))
    B = _slider("B", _("B · load"))
    st.caption(told.load_text(B))
    C = _slider("C", f"C · {told.cost}", told.cost_help or None)
    st.caption(told.cost_text(B, C))
    D = _slider("D", _("D · replicas apart"))
    st.caption(told.pair_text(B, C, D))
    return Weights(A=A, B=B, C=C, D=D)


def solver() -> tuple[SolverName | None, SolverParams]:
    """Draw the solver, its parameters and its budget; no solver is one chosen by size.

    They are drawn for an expert only, and hold while they are not.
    """
    chosen = expert.values(_SOLVER_VALUES, _draw_solver)
    name = chosen["solver"]
    return None if name == BY_SIZE else SolverName(name), _params(chosen)


def budget() -> SolverParams:
    """Draw how hard a solver works, for an expert only."""
    return _params(expert.values(_BUDGET_VALUES, _draw_budget))


def _draw_solver() -> None:
    with st.expander(_("Solver and budget"), icon=":material/tune:"):
        st.selectbox(
            _("Solver"),
            [BY_SIZE, *(name.value for name in solvers_here())],
            format_func=lambda name: _(BY_SIZE) if name == BY_SIZE else name,
            key="solver",
            bind="query-params",
            help=_(
                "{by_size}: openjij-sa while one QUBO holds the problem, hybrid above that.\n\n",
                by_size=_(BY_SIZE),
            )
            + "\n".join(f"- {name}: {_(name.traits.description)}" for name in solvers_here()),
        )
        _budget_controls()


def _draw_budget() -> None:
    with st.expander(_("Budget"), icon=":material/tune:"):
        _budget_controls()


def _budget_controls() -> None:
    st.selectbox(
        _("Effort"),
        EFFORTS,
        format_func=lambda effort: _(UNTIL_CAP) if effort == UNTIL_CAP else effort,
        key="effort",
        bind="query-params",
        help=_(
            "quick: a first good plan. normal: on from there for as long as that gains. thorough: "
            "with more patience. {whole_cap}: better and better until the time cap.",
            whole_cap=_(UNTIL_CAP),
        ),
    )
    _number(_("Reads"), "num_reads", "reads", 1, 1000)
    _number(_("Sweeps per read"), "num_sweeps", "sweeps", 1, 100_000, 100)
    _optional_number(
        _("Refinement proposals"),
        "refine_proposals",
        "refine",
        1_000_000_000,
        1_000_000,
        _("by the number of pods"),
    )
    _number(_("Largest QUBO"), "max_variables", "qubo", 1, 20_000, 100)
    st.selectbox(
        _("Encoding"),
        [encoding.value for encoding in Encoding],
        key="encoding",
        bind="query-params",
        help=_("stay-put: one variable per possible move. one-hot: one per pod and node."),
    )
    st.selectbox(
        _("Capacity"),
        [capacity.value for capacity in Capacity],
        key="capacity",
        bind="query-params",
        help=_("slack: log-encoded slack variables. unbalanced: no slack, a shaped penalty."),
    )
    _number(_("Seed"), "seed", "seed", 0, 2**31 - 1)
    _number(_("Time cap (seconds)"), "time_limit_s", "cap", 1, 3600)
    _optional_number(
        _("Work on a proof"), "proof_work", "proof", 3600.0, 5.0, _("where it is quick")
    )


def _params(chosen: Mapping[str, Any]) -> SolverParams:
    cap = float(chosen["cap"])
    return SolverParams(
        effort=cap if chosen["effort"] == UNTIL_CAP else Effort(chosen["effort"]),
        num_reads=int(chosen["reads"]),
        num_sweeps=int(chosen["sweeps"]),
        refine_proposals=chosen["refine"],
        max_variables=int(chosen["qubo"]),
        encoding=Encoding(chosen["encoding"]),
        capacity=Capacity(chosen["capacity"]),
        seed=int(chosen["seed"]),
        time_limit_s=cap,
        proof_work=chosen["proof"],
    )


def solvers_here() -> list[SolverName]:
    """Return the solvers that are installed and cost nothing to run.

    Paid ones are asked for under QUBO, in the API and on the command line, where a charge can be
    consented to.
    """
    return [name for name in SolverName if not name.traits.paid and is_installed(name)]


def rebalance_values(request: RebalanceRequest) -> dict[str, Any]:
    """Return the values of a rebalance's controls by key, as `set_controls` takes them."""
    return {
        MODE: request.mode.value,
        "max_moves": request.max_moves,
        **headroom_values(request.max_utilization),
        **use_values(request),
        KEEP: list(request.keep_nodes),
        SURVIVE: list(request.survive),
        WHY: request.why_not_freed,
        LEAST: ", ".join(f"{label}:{count}" for label, count in request.least_nodes.items()),
        "zones": request.zone_pairs,
        "may_move": list(request.may_move),
        "must_stay": list(request.must_stay),
        "move_custom_controllers": request.move_custom_controllers,
        "schedulers": list(request.schedulers),
    }


def setting_values(
    weights: Weights, solver: SolverName | None, params: SolverParams
) -> dict[str, Any]:
    """Return the values of the weights' and the solver's controls by key."""
    return {**weights.model_dump(), **_solver_values(solver, params)}


def _solver_values(solver: SolverName | None, params: SolverParams) -> dict[str, Any]:
    return {
        "solver": BY_SIZE if solver is None else solver.value,
        "effort": params.effort.value if isinstance(params.effort, Effort) else UNTIL_CAP,
        "reads": params.num_reads,
        "sweeps": params.num_sweeps,
        "refine": params.refine_proposals,
        "qubo": params.max_variables,
        "encoding": params.encoding.value,
        "capacity": params.capacity.value,
        "seed": params.seed,
        "cap": round(params.time_limit_s),
        "proof": params.proof_work,
    }


_SOLVER_VALUES = _solver_values(None, SolverParams())
_BUDGET_VALUES = {key: value for key, value in _SOLVER_VALUES.items() if key != "solver"}
_WHO_MAY_MOVE: Mapping[str, Any] = {
    "zones": False,
    "may_move": (),
    "move_custom_controllers": False,
    "schedulers": (),
}
EXPERT_KEYS = frozenset({*_SOLVER_VALUES, *_WHO_MAY_MOVE, "allow_moves", "allow_preemption", "how"})
"""A link that names one of these opens the page with the switch on."""


def load_mode(default: LoadMode = LoadMode.CONSOLIDATE, key: str = MODE) -> LoadMode:
    """Draw the choice of what H_load means."""
    modes = [mode.value for mode in LoadMode if _offered(mode, key)]
    chosen = st.segmented_control(
        _("Goal"),
        [default.value, *(mode for mode in modes if mode != default.value)],
        format_func=lambda mode: _(MODE_NAMES[LoadMode(mode)]),
        default=default.value,
        required=True,
        key=key,
        bind="query-params",
        width="stretch",
    )
    return LoadMode(chosen)


def _offered(mode: LoadMode, key: str) -> bool:
    """Whether a goal is in the choice: the plain sum of squares is for experts, or was asked."""
    return mode is not LoadMode.SQUARES or expert.is_on() or st.session_state.get(key) == mode


def _pods_and_groups(cluster: Cluster) -> list[str]:
    """Namespaces, services and, where they are not too many to choose from, pods."""
    running = [pod for pod in cluster.pods if pod.holds_capacity]
    groups = {pod.namespace for pod in running} | {pod.service for pod in running if pod.service}
    pods = {pod.id for pod in running} if len(running) <= _MOST_PODS_LISTED else set()
    return sorted(groups | pods)


def names_chosen(
    label: str, key: str, names: Sequence[str], placeholder: str, help: str | None = None
) -> tuple[str, ...]:
    """Draw a choice of several of the cluster's names."""
    # What was chosen for another cluster is dropped: a name must fit this one.
    known = set(names)
    if key in st.session_state:
        st.session_state[key] = [name for name in st.session_state[key] if name in known]
    chosen = st.multiselect(
        label,
        names,
        key=key,
        bind="query-params",
        placeholder=_(placeholder),
        help=help,
    )
    return tuple(chosen)


def _slider(key: str, label: str, help: str | None = None) -> float:
    hold(key, label, 0.0, _HIGHEST)
    chosen = st.slider(
        label, 0.0, _HIGHEST, value=1.0, step=0.1, key=key, bind="query-params", help=help
    )
    return float(chosen)


def _number(label: str, field: str, key: str, low: int, high: int, step: int = 1) -> int:
    hold(key, label, low, high)
    return int(
        st.number_input(
            label,
            min_value=low,
            max_value=high,
            value=int(getattr(_DEFAULTS, field)),
            step=step,
            key=key,
            bind="query-params",
            help=_help(field),
        )
    )


def _optional_number(
    label: str, field: str, key: str, high: Number, step: Number, otherwise: str
) -> Number | None:
    """Draw a number from 0 to `high` that may be left out; `otherwise` says what that means."""
    hold(key, label, type(high)(0), high)
    chosen: Number | None = st.number_input(
        label,
        min_value=type(high)(0),
        max_value=high,
        value=None,
        step=step,
        placeholder=otherwise,
        key=key,
        bind="query-params",
        help=_help(field),
    )
    return chosen


def _help(field: str) -> str:
    description = SolverParams.model_fields[field].description or ""
    told = f"{description[:1].upper()}{description[1:]}."
    return _(told)
