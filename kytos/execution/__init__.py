"""A runbook carried out on a live cluster: step by step, stopped by the first surprise."""
