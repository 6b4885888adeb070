"""Why would they see it? A question to the rules, which asks nothing of any case."""
