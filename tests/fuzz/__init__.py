"""Recorded directories, damaged in every way that comes to mind, through every reader and command.

    python -m tests.fuzz --runs 10000 --jobs 2
    python -m tests.fuzz --runs 1 --seed 4711        one of them alone, as the table names it

Counted are tracebacks (anything but a result, or one sentence and a fitting exit code), hangs (10 s),
what takes more than 512 MiB, and characters on standard output that a terminal could obey.
"""
