"""Panel members' pages: my work, the case, research and offers, search, help."""
