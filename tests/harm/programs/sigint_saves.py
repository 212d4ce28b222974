# Ctrl+C is caught, a checkpoint written, the program left with a code of its own.
# @ steps: 11
import os
import signal
import sys
from pathlib import Path

from training import digest, small_net, train


def interrupt(step):
    if step == 10:
        os.kill(os.getpid(), signal.SIGINT)


net = small_net()
try:
    train(50, net, each=interrupt)
except KeyboardInterrupt:
    Path("checkpoint").write_text(digest(net.parameters()))
    print("interrupted")
    sys.exit(5)
