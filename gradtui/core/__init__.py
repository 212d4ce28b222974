"""The vocabulary of every other package: facts, errors, controls. Standard library and numpy only."""
