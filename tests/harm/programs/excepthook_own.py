# The program has an excepthook of its own.
import sys

from training import train


def hook(kind, error, trace):
    names = []
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    print("hook", kind.__name__, error, names, flush=True)


sys.excepthook = hook
train(10)
raise LookupError("gone")
