"""The judge apart from the QUBO: energy and feasibility of a placement."""
