# The collector's settings, callbacks and what it finds.
import gc

from training import report, small_net, train

gc.collect()
gc.disable()
net = small_net()
train(20, net)
print(gc.isenabled(), gc.get_threshold(), len(gc.callbacks), gc.get_debug(), gc.get_freeze_count())
print(len(gc.garbage))
report(net)
