"""Remedies that suit what was seen: what a net does not have is not named, and what the numbers point
at comes first."""
