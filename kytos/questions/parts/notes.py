"""What every answer says of the cluster it was given: left out, assumed, not judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kytos.cluster import Cluster, Note, NoteKind, note_about
from kytos.language import said
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
    told = (*own, *cluster.notes, *price_notes(cluster.nodes), *_claims_not_judged(cluster))
    return tuple(dict.fromkeys(told))


def _claims_not_judged(cluster: Cluster) -> Iterator[Note]:
    if cluster.storage_classes:
        return
    pods = [pod.id for pod in cluster.pods if pod.claims_to_make]
    if pods:
        yield note_about(
            said("the volumes that new pods bring: no StorageClass was read with the cluster"),
            pods,
            NoteKind.NOT_JUDGED,
        )
