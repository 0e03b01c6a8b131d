"""Text from a cluster or a file, made safe for Streamlit's Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from kytos.language import _

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it stands.

    Names come from whoever made the cluster: unescaped, one could draw an image from a foreign
    server into the page.
    """
    return _PUNCTUATION.sub(r"\\\1", text)


def named(names: Sequence[str], most: int = 12) -> str:
    """Return names in bold, one after another; beyond `most` they are counted."""
    shown = ", ".join(f"**{plain(name)}**" for name in names[:most])
    more = len(names) - most
    return _("{shown} and {more:,} more", shown=shown, more=more) if more > 0 else shown


def begun(words: str) -> str:
    """Return words of a lower room as they begin a line."""
    return words[:1].upper() + words[1:]


def section(words: str) -> None:
    """Draw a heading one level below the page's title; `words` are Markdown."""
    st.markdown(f"## {words}")
