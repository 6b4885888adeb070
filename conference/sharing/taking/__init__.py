"""How people are asked for their consent, and what is shown of what they said."""
