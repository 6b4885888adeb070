"""Pages about documents: for the agency that holds them, and for whoever is shown a copy."""
