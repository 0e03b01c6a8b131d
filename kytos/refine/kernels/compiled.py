"""How kernels are compiled, and when a compiled one on disk is still good."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

# Without Numba's runtime no call counts references to the arrays in `T` and `S`: those counts
# were 95 % of the time of a proposal. The price: a kernel cannot allocate.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
}
# Unpacking the tuples for Python is most of what a small kernel takes to compile, so only those
# that Python calls can be called from it.
_FROM_KERNELS = _OPTIONS | {"no_cpython_wrapper": True}
_INLINED = _FROM_KERNELS | {"forceinline": True}

_log = logging.getLogger(__name__)


def called_from_python(kernel: Callable[..., Any]) -> Any:
    """Compile a kernel that Python calls."""
    return _compiled(kernel, _OPTIONS)


def called_from_kernels(kernel: Callable[..., Any]) -> Any:
    """Compile a kernel that only kernels call."""
    return _compiled(kernel, _FROM_KERNELS)


def inlined(kernel: Callable[..., Any]) -> Any:
    """Compile a kernel into each of those that call it."""
    return _compiled(kernel, _INLINED)


def _compiled(kernel: Callable[..., Any], options: dict[str, Any]) -> Any:
    return kept_on_disk(numba.njit(**options)(kernel))


def kept_on_disk(dispatcher: Any) -> Any:
    """Keep what a function is compiled to for later processes, as ``cache=True`` does.

    Where nothing can be written (a read-only container without NUMBA_CACHE_DIR, a full disk)
    every process compiles for itself, and says so once; Numba would fail.
    """
    try:
        alone = dispatcher.targetoptions.get("_nrt") is False
        dispatcher._cache = _KernelCache(dispatcher.py_func, alone)
    except RuntimeError:  # no folder that it can write to
        _tell_once("no folder can be written to")
    return dispatcher


@cache
def _tell_once(trouble: str) -> None:
    _log.warning(
        "compiled kernels cannot be kept on disk (%s): every process compiles them again, some "
        "twenty seconds of work; set NUMBA_CACHE_DIR to a folder with 20 MB of room",
        trouble,
    )


def sources(refine: Traversable) -> bytes:
    """Digest of all that is compiled into kernels: their package, and the records they read.

    Parameters
    ----------
    refine
        The folder of `kytos.refine`.
    """
    kernels = [one for one in (refine / "kernels").iterdir() if one.name.endswith(".py")]
    digest = hashlib.sha256()
    for source in (refine / "state.py", *sorted(kernels, key=lambda one: one.name)):
        digest.update(source.read_bytes())
    return digest.digest()


_SOURCES = sources(files("kytos.refine"))


@cache
def _digest(path: str) -> bytes:
    return hashlib.sha256(Path(path).read_bytes()).digest()


class _KernelCache(FunctionCache):
    """Numba's cache, which forgets a kernel when any of them changed.

    Numba looks at a kernel's own file only, and would go on using what it once compiled when one
    that it calls changes in another.
    """

    def __init__(self, kernel: Callable[..., Any], alone: bool) -> None:
        """Keep what a kernel is compiled to.

        Parameters
        ----------
        alone
            Whether it runs without Numba's runtime, which allocates.
        """
        super().__init__(kernel)
        self._alone = alone
        stamp = _SOURCES + _digest(kernel.__code__.co_filename)
        self._cache_file = IndexDataCacheFile(self.cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled before, None where it is not there or cannot be read.

        Numba first fills its tables of what it can compile and starts its runtime, half a second of
        work. A kernel that allocates nothing needs neither; the compiler does both itself.
        """
        try:
            if not self._alone:
                target_context.refresh()
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except (OSError, EOFError, UnpicklingError, ValueError) as error:
            _tell_once(f"what is there cannot be read: {type(error).__name__}")
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if there is room."""
        try:
            super().save_overload(sig, data)
        except (OSError, EOFError, UnpicklingError, ValueError) as error:
            _tell_once(getattr(error, "strerror", None) or type(error).__name__)
