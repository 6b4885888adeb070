"""Witnesses: agencies' own machines that cosign the log's checkpoints, so that no two of us see two logs."""
