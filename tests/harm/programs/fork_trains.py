# A forked child trains on and leaves by os._exit; so does the parent by itself.
import os

from training import digest, small_net, train

net = small_net()
train(10, net)
child = os.fork()
if not child:
    train(10, net)
    print("child", digest(net.parameters()), flush=True)
    os._exit(3)
_, status = os.waitpid(child, 0)
print("child ended with", os.waitstatus_to_exitcode(status))
train(10, net)
print("parent", digest(net.parameters()))
