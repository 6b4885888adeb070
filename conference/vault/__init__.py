"""Keys, and what is sealed with them. Each door here has one user; see the import contracts.

`seal` is for services, `unseal` for conference.sharing alone, `bodies` for conference.trail alone.
"""

from conference.vault.place import Place

__all__ = ["Place"]
