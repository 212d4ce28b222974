# sys.path, sys.argv and what was imported under which name.
# @ pythonpath: ::/nowhere:
import os
import sys

from training import report, train

print(sys.path[:6], len(sys.path), sys.argv, __name__, __file__, sys.flags.ignore_environment)
print([type(finder).__name__ for finder in sys.meta_path if type(finder).__name__ != "type"])
print([hook.__name__ for hook in sys.path_hooks], os.getcwd())
report(train(10))
