"""An answer as one self-contained page that needs no network and prints well."""

from kytos.report.handout.page import Handout, handout_page

__all__ = ["Handout", "handout_page"]
