"""How hard the generated laws are tried."""

import os

from hypothesis import HealthCheck, settings

SOAKING = os.environ.get("SOAK") == "1"

settings.register_profile(
    "consent",
    settings(),  # whatever the whole project runs with
    max_examples=10_000 if SOAKING else 200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LAW = settings.get_profile("consent")
WHOLE = settings(LAW, max_examples=2_000 if SOAKING else 20)
"""For laws of which one example goes through thousands of cells."""
SLOWER = settings(LAW, max_examples=10_000 if SOAKING else 40)
"""For laws of which one example decides a hundred times."""
