# A script runs another one under the name __main__.
import runpy
from pathlib import Path

Path("inner.py").write_text(
    "from training import report, train\nif __name__ == '__main__':\n    report(train(9))\n"
)
names = runpy.run_path("inner.py", run_name="__main__")
print(sorted(name for name in names if not name.startswith("__")))
