"""Recorded runs in other programs' formats. Rank by rank and step by step: memory stays bounded."""
