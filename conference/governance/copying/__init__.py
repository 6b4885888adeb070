"""An agency's own machine fetches the agency's copy of the log, piece by piece."""
