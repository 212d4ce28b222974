# Files of the program that are called like modules of the standard library.
import sys
from pathlib import Path

for name in ("statistics", "sched", "shelve", "netrc", "wave"):
    Path(f"{name}.py").write_text(f"print('my own {name}')\n")
import training  # noqa: E402

sys.path.insert(0, ".")
training.report(training.train(30))
import statistics  # noqa: E402

print(statistics.__file__)
