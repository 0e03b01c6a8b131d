"""The energy: weights, terms as a PyQUBO model, and the referee that checks it in NumPy."""

import sys

if "networkx" not in sys.modules:
    # dimod loads all of networkx to name one of its types in an alias, and does without where it
    # is missing. Whoever draws or embeds graphs imports it as ever.
    sys.modules["networkx"] = None  # type: ignore[assignment]
    try:
        import dimod  # noqa: F401
    finally:
        del sys.modules["networkx"]
