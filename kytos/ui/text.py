"""Text from a cluster or a file, made safe for Streamlit's Markdown."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it stands.

    Names come from whoever made the cluster: unescaped, one could draw an image from a foreign
    server into the page.
    """
    return _PUNCTUATION.sub(r"\\\1", text)
