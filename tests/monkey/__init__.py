"""A monkey at the keyboard: the real app in a pty, and whatever comes.

`events` is what it does, all of it from a seed; `play` does it to one app and looks what became of
app, training and terminal; `training` is the program that is watched meanwhile.

    python -m tests.monkey --seeds 200
"""
