"""A page run by itself, as `streamlit run pages/…` and AppTest can, without `app.py`."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT

PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
ASK_NOTHING = {"7_History.py", "8_Demo.py"}
WEIGHTS = {f"{letter} ·" for letter in "ABCD"}


@pytest.mark.parametrize("name", PAGES)
def test_page_draws_without_the_others(name: str) -> None:
    """Links to pages that such a run does not know are left out; all else is there."""
    alone = AppTest.from_file(str(ROOT / "pages" / name), default_timeout=60).run()
    assert not alone.exception
    assert alone.title
    weights = 0 if name in ASK_NOTHING else 4
    assert len([slider for slider in alone.slider if slider.label[:3] in WEIGHTS]) == weights
