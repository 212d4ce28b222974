# A handler raises and trains; the exit code stays.
import atexit

from training import train


class Late:
    def __call__(self):
        train(5)
        raise ValueError("at the end")

    def __repr__(self):
        return "late"


atexit.register(Late())
train(10)
