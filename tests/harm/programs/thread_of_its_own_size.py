# Training in a thread with a small stack, under a profile function for threads.
import threading

from training import report, small_net, train

threading.stack_size(512 * 1024)
names = set()


def profile(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.endswith("training.py"):
        names.add(frame.f_code.co_name)


threading.setprofile(profile)
net = small_net()
thread = threading.Thread(target=train, args=(20, net))
thread.start()
thread.join()
threading.setprofile(None)
print(sorted(names), threading.stack_size(), threading.active_count())
report(net)
