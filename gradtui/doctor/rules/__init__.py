"""One rule, one small pure function: Reading -> Finding or None."""
