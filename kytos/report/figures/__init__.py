"""Pure functions from clusters and outcomes to Plotly figures."""
