# os._exit right after the last step.
import os

from training import report, train

report(train(30))
os._exit(4)
