# RLIMIT_NOFILE is low and the program uses all it may have.
import resource

from training import report, train

resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
files = []
try:
    while True:
        files.append(open("/dev/null", "rb"))
except OSError as error:
    print(error.strerror, len(files) > 30)
net = train(60)
for file in files:
    file.close()
report(net)
