"""The frame around every page: its configuration, the navigation and the chosen cluster."""

from __future__ import annotations

import html
import time
from contextlib import suppress
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from kytos.language import N_, _, language, settle
from kytos.report import units
from kytos.ui.parts import links
from kytos.ui.session import clusters, kept, reader
from kytos.ui.session.clusters import Loaded
from kytos.ui.session.login import require_login
from kytos.ui.session.pool import workers
from kytos.ui.shipped import PAGES

_LOGO = Path(__file__).with_name("logo.svg")
_ICON = Path(__file__).with_name("icon.svg")
_SIDEBAR_PIXELS = 340
"""Room for three presets side by side."""
_STYLE = """<style>
[data-testid="stCaptionContainer"] {opacity: 1}
[data-testid="stMetricValue"] *, [data-testid="stMetricLabel"] p,
[data-testid="stMetricDelta"], [data-testid="stMetricDelta"] * {white-space: normal !important;
  overflow: visible !important; text-overflow: clip; max-width: 100%; overflow-wrap: anywhere}
[data-testid="stMetricDelta"] {height: auto !important}
.stButton kbd {color: inherit; opacity: 1}
.stButton button p, .stDownloadButton button p, .stPopover button p, .stPageLink a * {
  white-space: normal; overflow: visible}
.st-key-findings, .st-key-stories {display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr))}
.st-key-stories {grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr))}
[class*="-cells-"] {display: grid; gap: .5rem; min-height: 7.7rem;
  grid-template-columns: repeat(2, minmax(0, 1fr))}
[class*="-cells-"] > *, [class*="-cells-"] > * > *, [class*="-cells-"] [data-testid="stMetric"] {
  height: 100%}
@media (min-width: 900px) {
  [class*="-cells-"] {grid-template-columns: repeat(4, minmax(0, 1fr))}
  [class*="-cells-3"], [class*="-cells-5"], [class*="-cells-6"], [class*="-cells-9"] {
    grid-template-columns: repeat(3, minmax(0, 1fr))}
}
@media (min-width: 1280px) {
  [class*="-cells-5"] {grid-template-columns: repeat(5, minmax(0, 1fr))}
  [class*="-cells-6"] {grid-template-columns: repeat(6, minmax(0, 1fr))}
  [class*="-cells-7"] {grid-template-columns: repeat(7, minmax(0, 1fr))}
  [class*="-cells-9"] {grid-template-columns: repeat(5, minmax(0, 1fr))}
  [class*="-cells-1"] {grid-template-columns: repeat(6, minmax(0, 1fr))}
}
.js-plotly-plot .xtick text, .js-plotly-plot .ytick text, .js-plotly-plot .annotation-text,
.js-plotly-plot .legendtext, .js-plotly-plot .xtitle, .js-plotly-plot .ytitle,
.js-plotly-plot .bartext-outside,
.js-plotly-plot text[style*="rgb(114, 127, 140)"] {fill: currentColor !important}
.js-plotly-plot .annotation {opacity: 1 !important}
.katex-display {overflow: visible !important}
.katex-display > .katex {white-space: normal}
h1:focus {outline: none}
[data-testid="stHeaderActionElements"] {display: none}
:is(a, button, summary, [role="tab"]):focus-visible {
  outline: 2px solid #1f2933 !important; outline-offset: 1px}
@keyframes settling {from, to {visibility: hidden}}
:has(> .stMain), .stMain, .stMainBlockContainer {animation: settling 3s}
.stAppHeader, .stMainBlockContainer > * {visibility: visible}
</style>"""
"""Text in the theme's own ink where
Streamlit and Plotly fade it below WCAG's 4.5 to 1; nothing that ends in an ellipsis. The page's
empty boxes move aside when the sidebar opens: what is in them does not, so they do not show. A long
formula goes on in the next line: one that scrolls cannot be scrolled by keyboard. What a keyboard
is on has a line around it; links to headings are no stops on its way."""
_STYLED = "styled"
_STYLE_S = 0.2
"""A browser fetches what reads a style after the first of them came; what is drawn before that
jumps when it is there."""
_DARK = """<style>
[data-selected="true"] p, .stSlider p {color: #e4e9ef}
:is(a, button, summary, [role="tab"]):focus-visible {outline-color: #e4e9ef !important}
</style>"""
"""The dark theme's blue carries white text, and so is too dark for text of its own."""
_FOCUS = """<script>/* {title} */
(() => {{
  document.documentElement.lang = "{language}";
  const typing = ["INPUT", "TEXTAREA"];
  const go = (left) => {{
    const title = document.querySelector('[data-testid="stMain"] h1');
    if (typing.includes(document.activeElement?.tagName)) return;
    if (title) {{ title.tabIndex = -1; title.focus({{preventScroll: true}}); }}
    else if (left) setTimeout(() => go(left - 1), 200);
  }};
  go(50);
}})();
</script>"""
"""A new page is read, and tabbed through, from its title: the main button comes next. It is read
aloud in its own language."""
_ICONS = {
    N_("Rebalance"): ":material/balance:",
    N_("Recovery"): ":material/healing:",
    N_("Placement"): ":material/add_location_alt:",
    N_("Autoscale"): ":material/trending_up:",
    N_("Compare"): ":material/compare_arrows:",
    N_("Fleet"): ":material/shopping_cart:",
    N_("History"): ":material/history:",
    N_("Demo"): ":material/slideshow:",
}
_ASKS = {
    "Rebalance": N_("Which nodes could go?"),
    "Recovery": N_("What if nodes fail?"),
    "Placement": N_("Where do new pods belong?"),
    "Autoscale": N_("How many replicas?"),
    "Compare": N_("How good are the plans?"),
    "Fleet": N_("Which nodes to buy?"),
}
_IN_A_ROW = 3
"""Six questions in two full rows."""
_NO_QUESTION = ("History", "Demo")
_OTHER_ICON = ":material/analytics:"


def begin(title: str) -> Loaded | None:
    """Draw what all pages share and return the chosen cluster.

    Every page calls this first. Returns None when there is neither a sample nor an upload.
    """
    st.set_page_config(
        page_title=f"{title} · Kytos",
        page_icon=str(_ICON),
        layout="wide",
        initial_sidebar_state=_SIDEBAR_PIXELS,
    )
    settle()
    st.html(_STYLE)
    if st.context.theme.type == "dark":
        st.html(_DARK)
    st.html(
        _FOCUS.format(title=html.escape(title), language=language()), unsafe_allow_javascript=True
    )
    st.logo(str(_LOGO), size="large")
    if not st.session_state.get(_STYLED):
        st.session_state[_STYLED] = True
        time.sleep(_STYLE_S)
    require_login()
    links.read()
    workers()
    kept.begin()
    _open_asked()
    with st.sidebar:
        _navigation()
        reader.control()
        st.divider()
        loaded = _choose_cluster()
    if loaded is not None and loaded.sample is None:
        kept.remember_cluster(loaded)
    return loaded


def _open_asked() -> None:
    """Open the answer that the link names, or say that it is gone."""
    name = kept.asked_by_link()
    if name is None:
        return
    from kytos.ui.pages import opening  # the pages import the frame

    reopened = kept.reopen(name)
    if reopened is None:
        st.warning(
            _("The answer that this link names is not kept here: it was forgotten, or is too old."),
            icon=":material/link_off:",
        )
        return
    opening.again(reopened.answer)
    opening.go(kept.asked_with(reopened.line))


def _navigation() -> None:
    _link("app.py", _("Cluster"), ":material/dns:")
    for name, path in _pages():
        _link(path, _(name), _ICONS.get(name, _OTHER_ICON))


def questions() -> None:
    """Draw what can be asked of a cluster, each a link to its page."""
    asked = [(name, path) for name, path in _pages() if name not in _NO_QUESTION]
    with st.container(border=True):
        columns = st.columns(_IN_A_ROW)
        for at, (name, path) in enumerate(asked):
            with columns[at % _IN_A_ROW]:
                _link(path, _(_ASKS.get(name, name)), _ICONS.get(name, _OTHER_ICON), _(name))


def _link(path: str, label: str, icon: str, help_text: str | None = None) -> None:
    """Draw a link to a page, where there is one: a page that is run by itself knows no others."""
    with suppress(StreamlitPageNotFoundError):
        st.page_link(path, label=label, icon=icon, help=help_text)


def _pages() -> list[tuple[str, str]]:
    """The name and the file of each page."""
    paths = sorted(PAGES.glob("[0-9]*_*.py"))
    return [(path.stem.split("_", 1)[1].replace("_", " "), f"pages/{path.name}") for path in paths]


def _choose_cluster() -> Loaded | None:
    offered = clusters.choices()
    if not offered:
        st.caption(_("No cluster yet: upload one on the Cluster page."))
        return None
    labels = {choice: clusters.label(choice) for choice in offered}
    choice = st.selectbox(
        _("Cluster"),
        offered,
        format_func=lambda choice: labels.get(choice, choice),
        key=clusters.CHOICE,
        bind="query-params",
    )
    use = clusters.has_use(choice) and st.toggle(
        _("A week of use"),
        key=clusters.USE,
        bind="query-params",
        help=_(
            "What its pods used, hour by hour over a made-up week: pages then tell use beside "
            "requests, and may level it."
        ),
    )
    loaded = clusters.load(choice, with_use=use)
    summary = loaded.summary
    st.caption(
        f"{units.count(summary.nodes, 'node')} · {units.count(summary.running, 'running pod')}"
    )
    return loaded
