"""The engine's own commands, for the command line: they need neither data folder nor database."""

from consent.commands import check, decide_lines, diff_lines, explain_request

__all__ = ["check", "decide_lines", "diff_lines", "explain_request"]
