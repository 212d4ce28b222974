# The module that trains is reloaded while the program runs, as in a notebook.
import importlib
import sys
from pathlib import Path

from training import report, small_net, train

sys.path.insert(0, "")
sys.dont_write_bytecode = True
net = small_net()
for number in range(3):
    Path("job.py").write_text(
        f"from training import train\nSTEPS = {number + 2}\n"
        "def go(net):\n    return train(STEPS, net)\n" + "#\n" * number
    )
    importlib.invalidate_caches()
    job = importlib.reload(sys.modules["job"]) if number else importlib.import_module("job")
    job.go(net)
    print(number, job.STEPS, job.go.__code__.co_firstlineno)
train(1, net)
report(net)
