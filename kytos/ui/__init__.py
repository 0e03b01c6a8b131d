"""What the dashboard's pages share; each page is inputs, one call, figures."""
