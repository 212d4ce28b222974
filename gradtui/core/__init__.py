"""The vocabulary that every other package speaks: facts, errors, controls. Standard library and numpy only."""
