"""`python -m` this: gradtui on the terminal that is its standard input, which becomes its controlling one.

Signals of the terminal, a new size and a hang-up, go to the processes that it controls. Done here and not
between fork and exec, where little may be done in a process of several threads."""

import fcntl
import runpy
import sys
import termios


def main() -> None:
    """Never returns."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.argv[0] = "gradtui"
    runpy.run_module("gradtui", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
