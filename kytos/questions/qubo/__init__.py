"""The QUBO of a question as people look at it: sizes, reads, embeddings."""
