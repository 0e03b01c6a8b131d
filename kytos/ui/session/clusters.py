"""The clusters a session can look at: the samples, what it uploaded and what it read live."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
import yaml

from kytos.calls.scenario import digest_of
from kytos.cluster import Cluster
from kytos.errors import SourceError
from kytos.language import _, said
from kytos.questions.parts.earlier_pods import earlier_pods
from kytos.report.usage import Summary, summarise
from kytos.rules.eviction import movability
from kytos.sources.snapshot import Snapshot, cluster_of
from kytos.sources.usage.attach import read_with_usage, use_alone, with_usage
from kytos.ui.shipped import SAMPLES
from kytos.usage import Usage

FIRST_SAMPLE = "web-shop"
"""Shown when the app opens."""
UPLOAD = "upload"
"""The choice that stands for the session's own cluster."""
CHOICE = "cluster"
"""Key of the sidebar's selector, and its name in the page's link."""
USE = "use"
"""Key of the switch for a sample's week of use, and its name in the page's link."""
USES = SAMPLES / "usage"
"""Holds a week of use for some of the samples, under the sample's name."""

_UPLOADED = "uploaded_cluster"


@dataclass(frozen=True)
class Loaded:
    """A cluster with what every page shows of it.

    Attributes
    ----------
    sample
        The sample's name, None for a cluster of the session's own.
    digest
        Tells it from any other, see `kytos.calls.scenario.digest_of`.
    pinned
        Running pods that may not move, by id, and why.
    snapshot
        What a live cluster was read as, None for one from files.
    """

    name: str
    cluster: Cluster
    sample: str | None
    digest: str
    summary: Summary
    pinned: dict[str, str]
    snapshot: Snapshot | None = None


def sample_names() -> list[str]:
    """Return the samples there are, the first to be shown first."""
    names = sorted(path.stem for path in SAMPLES.glob("*.json"))
    return sorted(names, key=lambda name: name != FIRST_SAMPLE)


def choices() -> list[str]:
    """Return what the selector offers: the session's own cluster, if any, and the samples."""
    return ([UPLOAD] if _UPLOADED in st.session_state else []) + sample_names()


def label(choice: str) -> str:
    """Return a choice as the selector shows it."""
    if choice == UPLOAD:
        return _("{name} (yours)", name=uploaded().name)
    return choice.replace("-", " ").capitalize()


def story(sample: str) -> str:
    """Return what a sample is and what to ask it."""
    return _stories(SAMPLES / "stories.yaml")[sample]


def load(choice: str, *, with_use: bool = False) -> Loaded:
    """Return the chosen cluster, a sample with its week of use where that is asked."""
    if choice == UPLOAD:
        return uploaded()
    path = SAMPLES / f"{choice}.json"
    use = _use_file(choice) if with_use and has_use(choice) else None
    with st.spinner(_("Reading the sample")):
        return _sample(choice, path, path.stat().st_mtime_ns, use)


def has_use(choice: str) -> bool:
    """Whether a choice is a sample that a week of use is there for."""
    return choice in sample_names() and _use_file(choice).is_file()


def _use_file(sample: str) -> Path:
    return USES / f"{sample}.json.gz"


def uploaded() -> Loaded:
    """Return the session's own cluster."""
    loaded: Loaded = st.session_state[_UPLOADED]
    return loaded


def own_name() -> str | None:
    """Return the name of the session's own cluster, None when it has none."""
    return uploaded().name if UPLOAD in choices() else None


UNPACKED = 4
"""How many times the longest upload an archive may unpack to."""


def keep(loaded: Loaded) -> None:
    """Make `loaded` the session's own cluster and choose it."""
    have(loaded)
    st.session_state[CHOICE] = UPLOAD


def have(loaded: Loaded) -> None:
    """Make `loaded` the session's own cluster; what is chosen stays chosen."""
    st.session_state[_UPLOADED] = loaded


def chosen() -> Cluster | None:
    """Return the cluster that is chosen, if there is one."""
    choice = st.session_state.get(CHOICE)
    return load(choice).cluster if choice in choices() else None


def read_upload(files: list[tuple[str, bytes]], beside: Cluster | None = None) -> Loaded:
    """Read uploaded files as one cluster.

    Parameters
    ----------
    beside
        The cluster whose pods files tell of that hold nothing but use.

    Raises
    ------
    SourceError
        When they cannot be read as one.
    """
    most = UNPACKED * st.get_option("server.maxUploadSize") * 2**20
    usage = None if beside is None else use_alone(files, most)
    if beside is not None and usage is not None:
        return prepare(with_usage(beside, usage), sample=None)
    cluster = read_with_usage(files, max_bytes=most)
    if not cluster.nodes:
        raise SourceError(
            said("no nodes in what was uploaded; include them: kubectl get nodes,pods -A -o json")
        )
    return prepare(cluster, sample=None)


def with_use(loaded: Loaded, usage: Usage) -> Loaded:
    """Return a cluster as the session's own, with what its pods really use.

    Raises
    ------
    SourceError
        When none of its pods is among those that use is told of.
    """
    cluster = with_usage(loaded.cluster, usage)
    told = cluster.usage.pods if cluster.usage is not None else ()
    if not any(pod in cluster.pod_index for pod in told) and not earlier_pods(cluster):
        named = f", such as {told[0]}" if told else ""
        raise SourceError(
            said(f"tells of {len(told):,} pods{named}, and none is of cluster {cluster.name!r}")
        )
    return replace(prepare(cluster, sample=None), snapshot=loaded.snapshot)


def read_live(context: str, *, metrics: bool = False) -> Loaded:
    """Read the live cluster of a kubeconfig context, and what its pods use where asked.

    Raises
    ------
    SourceError
        When it cannot be read.
    MissingExtraError
        When the Kubernetes client is not installed.
    """
    from kytos.kube.live import read_snapshot  # an extra

    snapshot = read_snapshot(context, metrics=metrics)
    return replace(prepare(cluster_of(snapshot), sample=None), snapshot=snapshot)


def prepare(cluster: Cluster, sample: str | None) -> Loaded:
    """Work out once what pages show of a cluster."""
    reasons = movability(cluster)
    return Loaded(
        name=label(sample) if sample else cluster.name,
        cluster=cluster,
        sample=sample,
        digest=digest_of(cluster),
        summary=summarise(cluster),
        pinned={
            pod.id: why
            for pod in cluster.pods
            if pod.holds_capacity and (why := reasons[pod.id]) is not None
        },
    )


# Shared between sessions: samples are public, and a Loaded is never changed.
@st.cache_resource(show_spinner=False, max_entries=8)
def _sample(name: str, path: Path, changed_ns: int, use: Path | None) -> Loaded:  # noqa: ARG001  (part of the key)
    of_use = [] if use is None else [(use.name, use.read_bytes())]
    return prepare(read_with_usage([(path.name, path.read_bytes())], of_use), sample=name)


@st.cache_data(show_spinner=False, max_entries=1)
def _stories(path: Path) -> dict[str, str]:
    return {str(name): str(text) for name, text in yaml.safe_load(path.read_text("utf-8")).items()}
