"""The pods that may not move, with what holds each of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from kytos.language import N_, _, retold
from kytos.report.wording import pinned_group, pinned_reasons
from kytos.ui.session.clusters import Loaded

_EVERY_REASON = N_("every reason")


def pinned_table(loaded: Loaded) -> None:
    """Draw the pods that may not move, with a filter by reason."""
    if not loaded.pinned:
        st.markdown(_("Every running pod may move."))
        return
    groups = [reason for reason, _count in pinned_reasons(loaded.pinned.values())]
    chosen = st.selectbox(
        _("Reason"), [_EVERY_REASON, *groups], format_func=retold, key="pinned reason"
    )
    order = {group: place for place, group in enumerate(groups)}
    group_of = {pod: pinned_group(why) for pod, why in loaded.pinned.items()}
    shown = {
        pod: loaded.pinned[pod]
        for pod in sorted(group_of, key=lambda pod: order[group_of[pod]])
        if chosen in (_EVERY_REASON, group_of[pod])
    }
    place = loaded.cluster.pod_index
    pods = loaded.cluster.pods
    st.dataframe(
        pd.DataFrame(
            {
                _("Pod"): list(shown),
                _("Node"): [pods[place[pod]].node for pod in shown],
                _("Why it stays"): [retold(why) for why in shown.values()],
            }
        ),
        hide_index=True,
        key="pinned",
    )
