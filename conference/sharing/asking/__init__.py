"""Questions that members put to other agencies, or through the IDVA or referrer to the victim."""
