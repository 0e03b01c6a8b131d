"""Where the dashboard's files lie: at the top of a checkout, inside the package once installed."""

from __future__ import annotations

from pathlib import Path

import kytos

_PACKAGE = Path(kytos.__file__).parent
_INSTALLED = _PACKAGE / "_dashboard"
"""Where pyproject.toml has a wheel put them; a checkout has no such folder."""

ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
APP = ROOT / "app.py"
"""The page that Streamlit is started on; ``.streamlit/config.toml`` beside it holds anywhere."""
PAGES = ROOT / "pages"
SAMPLES = ROOT / "sample_clusters"
