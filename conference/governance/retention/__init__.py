"""How long the agency keeps what it holds: what to review, legal holds, and erasing with a colleague."""
