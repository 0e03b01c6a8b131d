"""What holds for every test."""

from __future__ import annotations

import os
import sys

from hypothesis import settings

# The same examples in every run, so that a failure in CI fails here too.
# `just fuzz` draws new ones.
settings.register_profile("same", derandomize=True, print_blob=True)
settings.register_profile("fuzz", max_examples=300, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# Tests that run side by side are told a width of 80; what they start should see what a person's
# commands do.
os.environ.pop("COLUMNS", None)

# No test leaves anything in the home of whoever runs it.
os.environ.setdefault("KYTOS_STORE", "memory")
os.environ.setdefault("KYTOS_CACHE_DIR", os.devnull)

# Some hundred processes are started that import the same libraries: what one compiled, the others
# read.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
