"""Kytos as a library: what `import kytos` offers, and that docs/library.md runs as written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import kytos

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", kytos.__all__)
def test_what_is_offered_is_there_and_documented(name: str) -> None:
    """Every name of `kytos.__all__` resolves and stands in docs/library.md."""
    assert getattr(kytos, name).__name__ == name
    assert re.search(rf"\b{name}\b", PAGE)


def test_what_is_not_offered_is_refused_by_name() -> None:
    """A slip of the pen is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="rebalanse"):
        kytos.rebalanse  # noqa: B018


def test_importing_kytos_loads_no_library() -> None:
    """`import kytos` is free: nothing of the solvers is loaded before a name is used."""
    code = "import kytos, sys; print({'numpy', 'pydantic', 'dimod', 'pyqubo'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's example runs as it stands, and moves no more pods than it allows."""
    monkeypatch.chdir(ROOT)
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec(example, names)
    assert 0 < len(names["outcome"].moves) <= 5
