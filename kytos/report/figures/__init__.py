"""Pure functions from clusters and outcomes to Plotly figures."""

from kytos.extras import DASHBOARD, require

require("Drawing figures", DASHBOARD)
