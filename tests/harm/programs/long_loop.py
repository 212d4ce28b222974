# Thousands of short steps: every one of them is in the record.
# @ steps: 3000
from training import report, train

report(train(3000))
