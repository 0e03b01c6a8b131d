"""The API server: reading it."""
