"""The four questions: a cluster and a request in, a problem solved, an outcome out."""
