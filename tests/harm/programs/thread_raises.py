# A thread's exception goes through threading.excepthook.
import threading

from training import report, train


def tell(what):
    print("hook", what.exc_type.__name__, what.exc_value, what.thread.name)


def work():
    train(5)
    raise ValueError("in a thread")


threading.excepthook = tell
thread = threading.Thread(target=work, name="worker")
thread.start()
thread.join()
report(train(5))
