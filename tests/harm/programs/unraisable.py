# An exception in __del__ goes to sys.unraisablehook.
import sys

from training import report, train


class Loud:
    def __del__(self):
        raise ValueError("in __del__")


sys.unraisablehook = lambda what: print("unraisable", what.exc_value)
thing = Loud()
net = train(10)
del thing
report(net)
