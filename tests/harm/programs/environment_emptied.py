# All variables are taken out of the environment before training.
import os
from pathlib import Path

os.environ.clear()
os.environ["ONLY"] = "this"
from training import report, train

report(train(10))
print(dict(os.environ), Path.cwd().name)
