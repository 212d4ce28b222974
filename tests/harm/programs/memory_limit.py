# The address space is limited to what is there and a little more.
import resource
from pathlib import Path

from training import report, small_net, train

net = small_net()
train(3, net)
words = Path("/proc/self/status").read_text().split("VmSize:")[1].split()
room = int(words[0]) * 1024 + (192 << 20)
resource.setrlimit(resource.RLIMIT_AS, (room, room))
train(50, net)
report(net)
