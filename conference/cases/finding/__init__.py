"""How people are found: what their index rows are, and how these follow what is recorded."""
