"""Taking and withdrawing consent, on a worker's screen beside the person."""
