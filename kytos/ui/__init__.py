"""What the dashboard's pages share; each page is inputs, one call, figures."""

from kytos.extras import DASHBOARD, require

require("The dashboard", DASHBOARD)
