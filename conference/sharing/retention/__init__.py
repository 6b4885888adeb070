"""How long agencies keep what they hold, what keeps it longer, and how it goes: for good."""
