# Log lines go through the progress bar.
import logging
import sys

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm
from training import report, small_net, train

logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
net = small_net()
with logging_redirect_tqdm(), tqdm(total=20, mininterval=1e9, bar_format="{n}/{total}") as bar:

    def told(step):
        bar.update()
        if step % 5 == 0:
            logging.info("step %d", step)

    train(20, net, each=told)
report(net)
