# What comes on standard input is the data.
# @ stdin: 3\n4\n5\n
import sys

from training import report, train

steps = [int(line) for line in sys.stdin]
print(steps, sys.stdin.isatty(), sys.stdout.isatty())
for count in steps:
    net = train(count)
report(net)
