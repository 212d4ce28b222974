# A daemon closes all descriptors, then opens its own files.
import os
import time

from training import small_net, train

net = small_net()
train(150, net, each=lambda step: time.sleep(0.004))
os.closerange(3, 64)
files = [open(f"file-{i}", "w+b", buffering=0) for i in range(12)]
for file in files:
    file.write(b"user data")
train(300, net, each=lambda step: time.sleep(0.002))
spoilt = 0
for file in files:
    file.seek(0)
    spoilt += file.read() != b"user data"
print("spoilt", spoilt)
