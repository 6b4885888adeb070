"""Which people of an agenda are on a list of the agency's own clients. The list is never stored."""
