"""What the dashboard needs beside its code is found, and a wheel takes all of it along."""

from __future__ import annotations

import tomllib

from kytos.ui.shipped import APP, PAGES, ROOT, SAMPLES


def test_a_checkout_has_it_at_the_top() -> None:
    """The same names, whether from a checkout or installed."""
    assert APP.is_file()
    assert (PAGES / "1_Rebalance.py").is_file()
    assert (SAMPLES / "stories.yaml").is_file()


def test_a_wheel_takes_it_along() -> None:
    """Each of them, and Streamlit's settings, lies inside the package under its own name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    names = {path.relative_to(ROOT).as_posix() for path in (APP, PAGES, SAMPLES)}
    expected = names | {".streamlit/config.toml"}
    assert wheel["force-include"] == {name: f"kytos/_dashboard/{name}" for name in expected}
    assert expected <= set(project["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"])


def test_watching_a_run_collects_no_garbage() -> None:
    """Streamlit's collection after each run, looks at a solve too, kept other browsers waiting."""
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert settings["runner"]["postScriptGC"] is False
