"""The four questions in a terminal: ``kytos --help`` lists the commands."""

from kytos.cli.commands import app

__all__ = ["app"]
