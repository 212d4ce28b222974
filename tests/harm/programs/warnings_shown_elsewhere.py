# showwarning is replaced by a logger.
import logging
import sys
import warnings

from training import report, train

logging.basicConfig(stream=sys.stdout, format="%(name)s %(levelname)s %(message)s")
logging.captureWarnings(True)
net = train(30)
warnings.warn("done", stacklevel=1)
print(warnings.showwarning.__module__, logging.getLogger().handlers[0].level)
report(net)
