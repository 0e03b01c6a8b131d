"""Side-by-side runs that print tables and write JSON."""
