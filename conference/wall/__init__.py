"""The second wall, on PostgreSQL: the database shows a transaction what one agency was offered, no more.

`binding` says for whom a transaction works, in a way that the database can check and nobody can forge who has
only the application's role; `ddl` is what the database is told once.
"""

from conference.wall.binding import HERE, KEY, SET, SYSTEM, bound_to, pads

__all__ = ["HERE", "KEY", "SET", "SYSTEM", "bound_to", "pads"]
