"""Ask an agency: from any case, always in the same way."""
