"""Conferences as they are held: series, meetings, agenda, the room, risk and actions."""
