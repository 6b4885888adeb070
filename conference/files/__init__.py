"""Reads, paints and rebuilds files that may be hostile. Knows no people, no database, no web."""
