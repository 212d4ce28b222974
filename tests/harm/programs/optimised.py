# Without asserts and docstrings.
# @ options: -OO
from training import report, train

assert False
report(train(20))
