"""Each question as one call: request, options and function, shared by service and terminal."""
