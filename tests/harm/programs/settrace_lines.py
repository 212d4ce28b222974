# A tracer counts the lines of the program.
import sys
from collections import Counter

from training import report, train

lines = Counter()


def tracer(frame, event, argument):
    if frame.f_code.co_filename.endswith(("settrace_lines.py", "training.py")):
        lines[event] += 1
        return tracer
    return None


sys.settrace(tracer)
net = train(12)
sys.settrace(None)
print(sorted(lines.items()), sys.gettrace())
report(net)
