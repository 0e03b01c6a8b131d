"""How kernels are compiled, and when a compiled one on disk is still good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
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
    dispatcher = numba.njit(**options)(kernel)
    # Where nothing can be written (a read-only container without NUMBA_CACHE_DIR) Numba raises a
    # RuntimeError; then every process compiles for itself.
    with suppress(RuntimeError):
        dispatcher._cache = _KernelCache(kernel)  # as ``cache=True`` does, with Numba's own
    return dispatcher


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


class _KernelCache(FunctionCache):
    """Numba's cache, which forgets a kernel when any of them changed.

    Numba looks at a kernel's own file only, and would go on using what it once compiled when one
    that it calls changes in another.
    """

    def __init__(self, kernel: Callable[..., Any]) -> None:
        super().__init__(kernel)
        self._cache_file = IndexDataCacheFile(self.cache_path, self._impl.filename_base, _SOURCES)
