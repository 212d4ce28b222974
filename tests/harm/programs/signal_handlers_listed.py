# All handlers, before and after training.
import signal

from training import train

before = {number: signal.getsignal(number) for number in signal.valid_signals()}
train(10)
after = {number: signal.getsignal(number) for number in signal.valid_signals()}
print(before == after, [int(n) for n in before if callable(before[n])], signal.getitimer(0))
print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
