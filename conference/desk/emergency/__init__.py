"""Opening a case in an emergency, and ending that."""
