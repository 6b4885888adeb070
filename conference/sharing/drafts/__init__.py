"""A change of the rules, from draft to published: what it would show more of, and who accepted that."""
