# A timer interrupts training many times; each time is counted.
import signal

from training import report, train

count = 0


def tick(number, frame):
    global count
    count += 1
    if count >= 20:
        signal.setitimer(signal.ITIMER_REAL, 0)


signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
net = train(300)
while count < 20:
    signal.pause()
print(count)
report(net)
