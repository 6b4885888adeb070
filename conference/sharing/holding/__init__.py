"""Agencies' own keys: who holds them, whether they are given, and what is said of it in the log."""
