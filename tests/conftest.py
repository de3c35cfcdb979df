"""Hypothesis: the same examples in every run; `--hypothesis-profile explore` for others."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

set_hypothesis_home_dir("_build/.hypothesis")
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("repeatable")
