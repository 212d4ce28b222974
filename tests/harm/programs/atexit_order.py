# What is registered runs in its order, after training.
import atexit
from pathlib import Path

from training import digest, small_net, train

net = small_net()
atexit.register(lambda: Path("weights").write_text(digest(net.parameters())))
atexit.register(print, "second")
train(20, net)
atexit.register(print, "first")
print(atexit._ncallbacks() >= 3)
