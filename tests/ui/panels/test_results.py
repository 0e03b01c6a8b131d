"""What a result hands out to take away."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from kytos.ui.panels.results import as_csv


@pytest.mark.parametrize("name", ['=HYPERLINK("http://evil")', "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_is_no_formula_in_a_spreadsheet(name: str) -> None:
    """Whoever names a pod must not compute in the spreadsheet of whoever opens the table."""
    (_, row) = csv.reader(io.StringIO(as_csv(pd.DataFrame({"Pod": [name], "Change": [-0.5]}))))
    assert row == [f"'{name}", "-0.5"]


def test_other_names_stay_as_they_are() -> None:
    """A table read back says what the page said."""
    (_, row) = csv.reader(
        io.StringIO(as_csv(pd.DataFrame({"Pod": ["shop/web-1"], "Why": ["a,b"]})))
    )
    assert row == ["shop/web-1", "a,b"]
