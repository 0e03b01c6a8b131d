"""The API server: reading it."""

from kytos.extras import LIVE, require

require("Reading a live cluster", LIVE)
