"""The profile of the generated laws: about 200 examples each, 10,000 with SOAK=1.

A law says `@LAW` (tests.consent.profile), so that the profile governs this folder and no other.
"""

from tests.consent import profile

__all__ = ["profile"]
