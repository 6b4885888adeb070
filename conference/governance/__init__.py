"""IG officers' pages: who has seen what, one event, the log."""
