# Signals arrive through a descriptor, as asyncio has it.
import os
import signal

from training import report, train

reader, writer = os.pipe()
os.set_blocking(writer, False)
signal.set_wakeup_fd(writer)
signal.signal(signal.SIGUSR2, lambda number, frame: None)
net = train(10, each=lambda step: os.kill(os.getpid(), signal.SIGUSR2))
print(len(os.read(reader, 100)), signal.set_wakeup_fd(-1) == writer)
report(net)
