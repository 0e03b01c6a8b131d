"""A small control plane that keeps state: an API server, controllers, a scheduler, kubelets."""
