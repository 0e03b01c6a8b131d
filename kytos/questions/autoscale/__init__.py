"""Autoscale: replicas per service from request rates, held back when capacity is short."""
