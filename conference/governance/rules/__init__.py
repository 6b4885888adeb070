"""The rules, as sentences; drafts of others, and their way to being published."""
