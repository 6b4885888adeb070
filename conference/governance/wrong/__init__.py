"""A disclosure that was wrong: what goes back, who must be told, by when, and what was done."""
