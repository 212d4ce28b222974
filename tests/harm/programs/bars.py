# A progress bar is redrawn in place, on standard error.
import sys
import time

from training import report, train


def draw(step):
    sys.stderr.write(f"\rstep {step + 1:3d}/40 {'#' * (step // 4):10}")
    sys.stderr.flush()
    time.sleep(0.01)


net = train(40, each=draw)
sys.stderr.write("\n")
report(net)
