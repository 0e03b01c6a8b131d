"""Kytos: what would happen if the pods of a Kubernetes cluster were placed better."""
