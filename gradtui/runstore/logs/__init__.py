"""Logs that other tools have written, read by their owners' own readers and made into a run directory."""
