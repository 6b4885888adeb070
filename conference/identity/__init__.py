"""Agencies, staff, roles, sign-in and sessions."""
