"""What the files of a run hold, field by field."""
