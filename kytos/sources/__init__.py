"""Where clusters come from: manifest files, the plain request body, price tables, an API server."""
