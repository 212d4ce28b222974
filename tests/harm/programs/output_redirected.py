# Standard output goes into a file by dup2 and back again.
import os
import sys

from training import report, train

print("first", flush=True)
kept = os.dup(1)
target = os.open("captured", os.O_WRONLY | os.O_CREAT)
os.dup2(target, 1)
net = train(20, each=lambda step: print(step))
sys.stdout.flush()
os.dup2(kept, 1)
report(net)
