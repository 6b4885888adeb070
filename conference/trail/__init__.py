"""The log in SQL: events made durable, placed in the tree, and read by those whose part they are.

Only this room may import `audit`, and only this room may import `conference.vault.bodies`.
"""
