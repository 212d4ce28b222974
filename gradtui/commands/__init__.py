"""One file a verb, whose docstring is its help."""
