# Ctrl+C ends the program: traceback, death by the signal.
# @ steps: 4
import os
import signal

from training import train


def interrupt(step):
    if step == 3:
        os.kill(os.getpid(), signal.SIGINT)


train(50, each=interrupt)
