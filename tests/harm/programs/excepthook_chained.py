# The hook that was there is called by the program's own.
import sys

from training import train

before = sys.excepthook


def hook(kind, error, trace):
    print("first", flush=True)
    before(kind, error, trace)


sys.excepthook = hook
train(10)
raise LookupError("gone")
