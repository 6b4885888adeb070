"""Notices to panel members that something goes back, and the reviews that a chair or an IDVA closes."""
