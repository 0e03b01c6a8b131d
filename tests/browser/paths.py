"""Every page of the dashboard, by its path."""

PATHS = (
    "",
    "Rebalance",
    "Recovery",
    "Placement",
    "Autoscale",
    "Compare",
    "Fleet",
    "History",
    "Demo",
)
