"""The only door to the solvers: a problem in, a checked and never worse placement out."""
