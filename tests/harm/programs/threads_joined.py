# At the end every thread but this one is waited for.
import threading

from training import report, train

net = train(40)
thread = threading.Thread(target=train, args=(5,))
thread.start()
for other in threading.enumerate():
    if other is not threading.current_thread():
        other.join()
print(threading.active_count())
report(net)
