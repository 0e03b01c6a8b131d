"""Samplers that run on this machine."""
