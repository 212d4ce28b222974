"""Words of the command line as numbers, for arguments that are no settings."""

import argparse

MOST = 1_000_000


def count(word: str) -> int:
    """A whole number from 1 to a million."""
    if not (word.isascii() and word.isdigit() and len(word) <= 7 and 1 <= int(word) <= MOST):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST}, not '{word}'")
    return int(word)


def process_number(word: str) -> int:
    """The id of a process."""
    if not (word.isascii() and word.isdigit() and len(word) <= 10 and 0 < int(word) < 1 << 31):
        raise argparse.ArgumentTypeError(f"must be the id of a process, not '{word}'")
    return int(word)


def step_number(word: str) -> int:
    """A step, counted from 0."""
    if not (word.isascii() and word.isdigit() and len(word) <= 15):
        raise argparse.ArgumentTypeError(f"must be a step, counted from 0, not '{word}'")
    return int(word)
