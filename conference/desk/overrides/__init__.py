"""Sharing by override: asked for from one's own agency's field, approved by a colleague, ended."""
