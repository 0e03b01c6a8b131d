"""Placers to compare with: greedy rules and what the scheduler itself would do."""
