"""What to do: remedies in words, when they apply, and as code."""
