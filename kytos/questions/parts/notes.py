"""What every answer says of the cluster it was given: left out, assumed, not judged."""

from __future__ import annotations

from collections.abc import Iterable

from kytos.cluster import Cluster, Note
from kytos.questions.parts.prices import price_notes


def answer_notes(cluster: Cluster, own: Iterable[Note] = ()) -> tuple[Note, ...]:
    """Return the notes of an answer, each once.

    Parameters
    ----------
    cluster
        As it was read, with what its reader noted.
    own
        What the question itself has to say; it comes first.
    """
    return tuple(dict.fromkeys((*own, *cluster.notes, *price_notes(cluster.nodes))))
