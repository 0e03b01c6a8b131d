"""A connection to an API server through a context of the local kubeconfig, or the pod's account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import ConfigException, load_incluster_config
from kubernetes.config.incluster_config import SERVICE_HOST_ENV_NAME
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger
from urllib3.exceptions import NewConnectionError, TimeoutError
from urllib3.util import Retry

from kytos.errors import SourceError

IN_CLUSTER = "in-cluster"
"""The context that stands for the service account of the pod Kytos runs in."""

_DEFAULT_KUBECONFIG = "~/.kube/config"

# A server under load says when to come back (429, 503). A redirect is an answer like another:
# credentials are for the server the kubeconfig names.
PATIENT = Retry(
    total=3,
    connect=1,
    read=1,
    redirect=0,
    other=0,
    status=2,
    status_forcelist=(429, 502, 503, 504),
    backoff_factor=0.5,
    retry_after_max=10,
    raise_on_redirect=False,
    raise_on_status=False,
)
"""How reading is tried again."""

ONCE = Retry(total=0, redirect=0, raise_on_redirect=False, raise_on_status=False)
"""For who tries again by itself."""


class LiveError(SourceError):
    """A cluster could not be read from its API server; the message never holds a credential."""


def contexts() -> tuple[str, ...]:
    """Return the contexts to choose from: the kubeconfig's current one first, `IN_CLUSTER` last.

    The kubeconfig is the one kubectl uses: the files `KUBECONFIG` names, or ``~/.kube/config``.

    Raises
    ------
    LiveError
        When there is a kubeconfig that cannot be read.
    """
    config = _kubeconfig()
    names: list[str] = []
    if config is not None:
        with blaming_the_kubeconfig():
            names = [str(entry["name"]) for entry in config.value["contexts"]]
            current = config.value.get("current-context")
            names.sort(key=lambda name: name != current)
    return (*names, IN_CLUSTER) if _runs_in_a_pod() else tuple(names)


def choose_context(context: str | None) -> str:
    """Return the context of that name, or the first of `contexts` where none is named.

    Raises
    ------
    LiveError
        When there is no such context.
    """
    known = contexts()
    if context is None and known:
        return known[0]
    if context in known:
        return str(context)
    if not known:
        raise LiveError(
            "there is no kubeconfig to read a cluster through; set KUBECONFIG or make "
            f"{_DEFAULT_KUBECONFIG}, as for kubectl"
        )
    raise LiveError(f"there is no context {context!r}; expected one of: {', '.join(known)}")


def _kubeconfig() -> Any:
    """Return the kubeconfig as the client merges it, None when there is no file."""
    files = os.environ.get("KUBECONFIG") or _DEFAULT_KUBECONFIG
    with blaming_the_kubeconfig():
        return KubeConfigMerger(files).config  # type: ignore[no-untyped-call]


@contextmanager
def connected(context: str, retries: Retry = PATIENT) -> Iterator[ApiClient]:
    """Connect through a context; no file of the user's is written to."""
    configuration = Configuration(host="")  # the client's own default is this machine
    if context == IN_CLUSTER:
        _use_service_account(configuration)
    else:
        _use_context(configuration, context)
    configuration.retries = retries
    with ApiClient(configuration) as client:
        client.user_agent = "kytos"
        yield client


def _use_service_account(configuration: Configuration) -> None:
    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError):
        raise LiveError(
            "the pod Kytos runs in has no service account token; set automountServiceAccountToken",
            f"context {IN_CLUSTER}",
        ) from None


def _use_context(configuration: Configuration, context: str) -> None:
    config = _kubeconfig()
    with blaming_the_kubeconfig():
        loader = KubeConfigLoader(  # type: ignore[no-untyped-call]
            config, active_context=context, config_base_path=None
        )
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
        if not configuration.host.startswith(("https://", "http://")):
            raise ConfigException("no server")


@contextmanager
def blaming_the_kubeconfig() -> Iterator[None]:
    """Say that the kubeconfig is at fault, and no more: the client's own errors quote its secrets.

    That is also why no error is chained, and why any is caught: the credential plugins of several
    libraries raise what they like.
    """
    try:
        yield
    except yaml.MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise LiveError(f"the kubeconfig is not valid YAML{line}") from None
    except Exception:
        raise LiveError(
            "the kubeconfig cannot be used; `kubectl config view` shows it with its secrets left "
            "out: each context needs a cluster with a server and a user whose credentials can be "
            "had, in files that can be read"
        ) from None


def _runs_in_a_pod() -> bool:
    return bool(os.environ.get(SERVICE_HOST_ENV_NAME))


def is_timeout(error: Exception) -> bool:
    """Whether the client gave up waiting, for a connection or for an answer."""
    cause = getattr(error, "reason", None) or error
    # urllib3 counts a refused connection among the timeouts
    return isinstance(cause, TimeoutError) and not isinstance(cause, NewConnectionError)


def kind_of(error: Exception) -> str:
    """The innermost cause's class; messages of the client may quote what was sent."""
    cause = getattr(error, "reason", None)
    if isinstance(cause, str):  # a failed TLS handshake, which the client passes on in words
        return cause.split("\n", 1)[0]
    return type(cause if isinstance(cause, Exception) else error).__name__
