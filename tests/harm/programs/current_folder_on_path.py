# An empty entry of PYTHONPATH is the current folder, which changes.
# @ pythonpath: /nowhere:
import os
from pathlib import Path

from training import report, train

Path("here").mkdir()
Path("here/settings_of_mine.py").write_text("RATE = 0.25\n")
os.chdir("here")
import settings_of_mine  # noqa: E402

print(settings_of_mine.RATE)
report(train(10))
