"""What model, solvers and callers share, and nothing that depends on any of them."""
