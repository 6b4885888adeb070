"""Looks that somebody must take afterwards: who, at what, by when, and what came of it."""
