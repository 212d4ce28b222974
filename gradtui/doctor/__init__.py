"""Opinions: pure functions from facts to findings. Nothing here is ever stored."""
