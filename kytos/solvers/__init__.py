"""Solvers, one file each; `kytos.solve.solve` is their only door."""
