"""Scenario files: TOML in, frozen dataclasses out; remedies are overlays on them."""
