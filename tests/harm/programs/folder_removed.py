# The program changes its folder and removes the one it came from.
import os
import shutil
from pathlib import Path

from training import report, train

Path("a/b").mkdir(parents=True)
os.chdir("a/b")
net = train(10)
shutil.rmtree("../../a")
train(10, net)
os.umask(0o777)
train(10, net)
os.chdir("/")
report(net)
