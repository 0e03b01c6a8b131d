"""D-Wave's solvers: two that run here, three that run in D-Wave's cloud and are charged for."""
