# Handlers, levels and names of loggers.
import logging
import sys

from training import report, train

names = set(logging.Logger.manager.loggerDict)
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(name)s %(message)s")
net = train(30, each=lambda step: logging.debug("step %d", step))
print(len(logging.getLogger().handlers), sorted(set(logging.Logger.manager.loggerDict) - names))
report(net)
