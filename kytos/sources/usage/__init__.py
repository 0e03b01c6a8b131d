"""What pods really use, read from the files of the tools that measure it."""
