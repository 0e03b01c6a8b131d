"""The one error a source raises when what it was given is no cluster."""

from __future__ import annotations


class SourceError(ValueError):
    """What was given cannot be read as a cluster.

    Parameters
    ----------
    message
        What was found, what was expected and what to do, in plain words.
    where
        The file, object or field it is about; empty when it concerns everything.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.where = where
