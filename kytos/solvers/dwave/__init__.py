"""D-Wave's solvers in its cloud, which charges for them."""

from kytos.extras import DWAVE, require

require("A solver of D-Wave's cloud", DWAVE)
