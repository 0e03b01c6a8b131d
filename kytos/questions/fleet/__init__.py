"""Fleet: which nodes this cluster should have."""
