"""Two levels: what everybody needs, and the rest behind one switch that is remembered."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import button, page, words
from tests.pages.test_links import opened


def keys(app: AppTest) -> set[str]:
    """Keys of the controls in the sidebar."""
    kinds = (app.sidebar.slider, app.sidebar.number_input, app.sidebar.selectbox)
    return {shown.key for kind in kinds for shown in kind if shown.key}


def test_the_plain_level_is_short_and_the_rest_is_kept(plain_app: AppTest) -> None:
    """Weights, headroom and most moves; with Expert the solver too, on every page from then on."""
    app = page(plain_app, "1_Rebalance")
    assert keys(app) == {"cluster", "A", "B", "C", "D", "free", "max_moves"}
    assert app.button_group(key="mode").options == ["Fewer nodes", "Even load"]
    app.toggle(key="expert").set_value(True).run()
    assert {"solver", "seed", "reads"} <= keys(app)
    assert "Avoid full nodes" in app.button_group(key="mode").options
    app.number_input(key="seed").set_value(7).run()
    app = page(app, "2_Recovery")
    assert not app.exception
    assert app.toggle(key="expert").value
    assert app.number_input(key="seed").value == 7
    app.toggle(key="expert").set_value(False).run()
    assert "seed" not in keys(app)
    assert "Not as usual under *Expert*: seed" in words(app)
    button(app, "Recover").click().run()
    assert app.session_state["run recovery"].ask.params.seed == 7
    button(app, "Back to usual").click().run()
    assert "Not as usual" not in words(app)


def test_a_link_to_an_experts_setting_switches_it_on() -> None:
    """What a link asks for is seen, not hidden."""
    app = opened("1_Rebalance", seed="3")
    assert app.toggle(key="expert").value
    assert app.number_input(key="seed").value == 3
