"""Finding people, exactly or nearly, among those whom the searcher may see."""
