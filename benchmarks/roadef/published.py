"""The lowest costs published, with their source."""

from __future__ import annotations

PUBLISHED = {
    "a1_1": 44_306_501,
    "a1_2": 777_532_896,
    "a1_3": 583_005_717,
    "a1_4": 252_728_589,
    "a1_5": 727_578_309,
    "a2_1": 196,
    "a2_2": 816_523_983,
    "a2_3": 1_303_662_728,
    "a2_4": 1_681_353_943,
    "a2_5": 336_158_091,
}
"""The best of all teams of the qualification, 300 s each, or what Gurobi made of it in an hour
(a2_1, a2_3, a2_5). Source: Stefano Gualandi, *Challenging MIPs instances* (stegua.github.io, 3
December 2012). Papers since went lower on some; no source was at hand for the B instances."""
