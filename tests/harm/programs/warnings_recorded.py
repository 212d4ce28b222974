# Warnings are recorded while training, and counted.
import warnings

from training import report, train

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    net = train(30)
print(len(told), [str(one.message) for one in told])
report(net)
