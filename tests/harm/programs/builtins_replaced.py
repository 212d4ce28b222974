# open and print are the program's own.
import builtins

from training import report, small_net, train

net = small_net()
train(3, net)
opened, printed = [], []
real = builtins.open, builtins.print
builtins.open = lambda *args, **kwargs: opened.append(args[0]) or real[0](*args, **kwargs)
builtins.print = lambda *args, **kwargs: printed.append(args)
train(60, net)
builtins.open, builtins.print = real
print(len(opened), len(printed))
report(net)
