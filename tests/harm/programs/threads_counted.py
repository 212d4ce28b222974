# How many threads Python knows of, and by which names.
import threading

from training import train

train(40)
print(threading.active_count(), [thread.name for thread in threading.enumerate()])
