# A double fork: the grandchild trains after the parents have left.
import os
import sys
import time
from pathlib import Path

from training import digest, train

if os.fork():
    for _ in range(600):
        if Path("done").exists():
            break
        time.sleep(0.05)
    print(Path("done").read_text())
    sys.exit(0)
os.setsid()
if os.fork():
    os._exit(0)
net = train(30)
Path("done.new").write_text(digest(net.parameters()))
os.rename("done.new", "done")
os._exit(0)
