# An exception whose text cannot be made.
from training import train


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


train(10)
raise Mute
