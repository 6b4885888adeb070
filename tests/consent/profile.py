"""How hard the generated laws are tried."""

import os

from hypothesis import HealthCheck, Phase, settings

SOAKING = os.environ.get("SOAK") == "1"
MUTATED = os.environ.get("MUTANTS") == "1"  # `make mutants`: few examples, always the same, none made smaller

settings.register_profile(
    "consent",
    settings(),  # whatever the whole project runs with
    max_examples=10_000 if SOAKING else 200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "mutants",
    settings.get_profile("consent"),
    max_examples=40,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
LAW = settings.get_profile("mutants" if MUTATED else "consent")
WHOLE = settings(LAW, max_examples=2_000 if SOAKING else 3 if MUTATED else 20)
"""For laws of which one example goes through thousands of cells."""
SLOWER = settings(LAW, max_examples=10_000 if SOAKING else 5 if MUTATED else 40)
"""For laws of which one example decides a hundred times."""
