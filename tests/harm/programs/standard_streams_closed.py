# All three standard streams are closed before training.
import os
import sys
from pathlib import Path

from training import digest, train

print("closing", flush=True)
for stream in (sys.stdin, sys.stdout, sys.stderr):
    stream.close()
for number in range(3):
    try:
        os.close(number)
    except OSError:
        pass
net = train(30)
Path("weights").write_text(digest(net.parameters()))
os._exit(0)
