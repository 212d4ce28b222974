"""The terminal app: all of Textual and plotext, nothing of torch."""
