"""Solvers, one file each; `kytos.solve` is their only door."""
