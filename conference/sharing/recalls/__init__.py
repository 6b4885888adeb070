"""What goes back: who was shown something that is no longer shared, the notice to them, their receipt."""
