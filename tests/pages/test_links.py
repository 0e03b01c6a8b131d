"""What a link asks of the controls is taken, or named as not understood."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT


def opened(page: str, **link: str | list[str]) -> AppTest:
    """A page as a session opens it by a link."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "Cluster":
        app.switch_page(f"pages/{page}.py")
    for key, value in link.items():
        app.query_params[key] = value
    return app.run()


def refused(app: AppTest) -> set[str]:
    """What the page says it did not understand."""
    told = [str(warning.value).replace("\\", "") for warning in app.warning]
    found = [words.split(": ", 1)[1] for words in told if "Not understood in the link" in words]
    return set(found[0].split(", ")) if found else set()


@pytest.mark.parametrize(
    ("page", "key", "value"),
    [
        ("Cluster", "cluster", "nope"),
        ("1_Rebalance", "cluster", "nope"),
        ("1_Rebalance", "A", "99"),
        ("1_Rebalance", "A", "much"),
        ("1_Rebalance", "mode", "foo"),
        ("1_Rebalance", "seed", "2.5"),
        ("1_Rebalance", "zones", "maybe"),
        ("1_Rebalance", "may_move", "nobody"),
        ("2_Recovery", "free", "120"),
        ("2_Recovery", "failed_nodes", "nobody"),
        ("5_Compare", "mode", "foo"),
    ],
)
def test_what_no_control_takes_is_named(page: str, key: str, value: str) -> None:
    """Streamlit drops it from the link without a word; the page says so, and works."""
    app = opened(page, **{key: value})
    assert not app.exception
    assert refused(app) == {f"{key}={value}"}
    assert refused(app.run()) == set()


def test_of_several_names_the_unknown_are_named() -> None:
    """The known ones are chosen all the same."""
    app = opened("2_Recovery", failed_nodes=["shop-00", "nobody"])
    assert refused(app) == {"failed_nodes=nobody"}
    assert app.multiselect(key="failed_nodes").value == ["shop-00"]


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"cluster": "Hot spots", "C": "2.0", "mode": "Even load", "seed": "3", "zones": "true"},
        {"cluster": "Web shop", "C": "1", "mode": "Fewer nodes", "seed": "0", "zones": "false"},
        {"utm_source": "a-mail"},
    ],
    ids=["nothing", "other than default", "the defaults", "of no control"],
)
def test_what_is_understood_is_not_named(link: dict[str, str]) -> None:
    """Nor is a default, which Streamlit takes out of the link too, or what asks no control."""
    assert refused(opened("1_Rebalance", **link)) == set()
