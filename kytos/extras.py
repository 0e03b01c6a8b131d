"""The optional parts of an installation, with one sentence for a part that is missing."""

from __future__ import annotations

from importlib.util import find_spec

DASHBOARD, SERVICE, DWAVE, LIVE, DISTRIBUTED = (
    "dashboard",
    "service",
    "dwave",
    "live",
    "distributed",
)
MODULES = {
    DASHBOARD: ("streamlit", "plotly", "pandas"),
    SERVICE: ("fastapi", "uvicorn", "prometheus_client", "python_multipart"),
    DWAVE: ("dwave.system", "minorminer"),
    LIVE: ("kubernetes", "httpx2"),
    DISTRIBUTED: ("distributed",),
}
"""Extra, as pyproject.toml names it -> the modules by which it is known to be installed."""


class MissingExtraError(ImportError):
    """What was asked needs a part that is not installed; the message says which, and how."""


def installed(extra: str) -> bool:
    """Whether an extra of pyproject.toml is installed; imports none of its libraries."""
    return all(there(module) for module in MODULES[extra])


def how_to_install(purpose: str, *extras: str) -> str:
    """Say what is missing and what to do.

    Examples
    --------
    >>> how_to_install("Reading a live cluster", LIVE)
    'Reading a live cluster needs a part that is not installed: install kytos-orchestration[live]'
    """
    return (
        f"{purpose} needs a part that is not installed: "
        f"install kytos-orchestration[{','.join(extras)}]"
    )


def require(purpose: str, *extras: str) -> None:
    """Go on only if all `extras` are installed.

    Parameters
    ----------
    purpose
        What needs them, as the beginning of a sentence.

    Raises
    ------
    MissingExtraError
        Naming all of them.
    """
    if not all(installed(extra) for extra in extras):
        raise MissingExtraError(how_to_install(purpose, *extras))


def there(module: str) -> bool:
    """Whether a module is installed; imports no more than the package it lies in."""
    try:
        return find_spec(module) is not None
    except (ModuleNotFoundError, ValueError):  # of the package it lies in; None stands for it
        return False
