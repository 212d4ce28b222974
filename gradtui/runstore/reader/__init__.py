"""The files of a run, read while they grow or later. A run may come from anyone."""
