# Python's development mode and bytes warnings as errors.
# @ options: -X dev -bb -W error::ResourceWarning
import gc

from training import report, train

report(train(30))
gc.collect()
