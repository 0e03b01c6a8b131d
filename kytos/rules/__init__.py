"""Kubernetes' filter rules: may this pod run on this node, and if not, which rule says so."""
