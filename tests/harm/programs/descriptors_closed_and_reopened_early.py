# Descriptors are closed before training begins, files stay open over all of it.
import os

from training import report, train

os.closerange(3, 256)
files = [open(f"log-{i}", "ab", buffering=0) for i in range(8)]
net = train(200, each=lambda step: files[step % 8].write(b"%d\n" % step))
for file in files:
    file.close()
report(net)
