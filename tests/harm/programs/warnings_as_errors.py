# All warnings are errors, from the start.
# @ options: -W error
from training import report, train

report(train(30))
