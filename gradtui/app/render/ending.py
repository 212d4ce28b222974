"""How a command has ended, in words."""

from gradtui.core.ending import ending_word as ending

__all__ = ["ending"]
