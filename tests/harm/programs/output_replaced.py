# sys.stdout is a buffer that the program prints at its end.
import io
import sys

from training import report, train

real, sys.stdout = sys.stdout, io.StringIO()
report(train(20, each=print))
words, sys.stdout = sys.stdout.getvalue(), real
sys.stdout.buffer.write(words.encode() + b"\xff no newline")
