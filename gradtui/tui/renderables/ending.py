"""How a command has ended, in words."""

from signal import Signals


def ending(code: int) -> str:
    """ "exited 0", "exited with 7", "killed by SIGKILL"; 128+n is signal n, as in a shell."""
    if code == 0:
        return "exited 0"
    try:
        return f"killed by {Signals(code - 128).name}"
    except ValueError:
        return f"exited with {code}"
