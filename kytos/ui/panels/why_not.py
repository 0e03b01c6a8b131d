"""Why a pod does not run on a node: the scheduler's rules asked about one pod, in a tab."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from kytos.cluster import Cluster, Pod
from kytos.language import _, retold
from kytos.rules.why_not import WhyNot, told_verdicts, why_not
from kytos.ui.parts.text import plain

_REMEDIES_SHOWN = 5


def why_not_panel(cluster: Cluster) -> None:
    """Draw a choice of pods, and for the chosen one every node's verdict in `cluster`."""
    unfinished = [pod for pod in cluster.pods if pod.holds_capacity or pod.waiting]
    by_id = {pod.id: pod for pod in sorted(unfinished, key=lambda pod: not pod.waiting)}
    chosen = st.selectbox(
        _("Which rule keeps this pod off which node?"),
        list(by_id),
        index=None,
        format_func=lambda pod: (
            _("{pod} (waits for a node)", pod=pod) if by_id[pod].waiting else pod
        ),
        placeholder=_("choose a pod; those that wait come first"),
        key="why not",
    )
    if chosen is None:
        return
    (answer,) = why_not(cluster, [chosen])
    st.markdown(f"**{plain(retold(answer.summary))}**")
    if answer.pinned is not None:
        st.markdown(
            _("It may not be moved in any case: {pinned}", pinned=plain(retold(answer.pinned)))
        )
    for remedy in answer.remedies[:_REMEDIES_SHOWN]:
        st.markdown(f"- {plain(remedy.node)}: {plain(retold(remedy.change))}")
    st.dataframe(_table(cluster, by_id[chosen], answer), hide_index=True, key="why not table")


def _table(cluster: Cluster, pod: Pod, answer: WhyNot) -> pd.DataFrame:
    told = told_verdicts(answer, [node.name for node in cluster.nodes])
    fits = [
        _("runs here") if node.name == pod.node else _("could run here") for node in cluster.nodes
    ]
    return pd.DataFrame(
        {
            _("Node"): [node.name for node in cluster.nodes],
            _("Rule"): ["" if verdict is None else retold(verdict.rule) for verdict in told],
            _("Verdict"): [
                fit if verdict is None else retold(verdict.reason)
                for fit, verdict in zip(fits, told, strict=True)
            ],
        }
    )
