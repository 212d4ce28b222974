# cProfile says how often the parts of a step were called.
import cProfile
import pstats

from training import report, train

profile = cProfile.Profile()
profile.enable()
net = train(20)
profile.disable()
for (path, _, name), row in sorted(pstats.Stats(profile).stats.items()):
    if path.endswith(("training.py", "sgd.py", "torch/nn/modules/linear.py")):
        print(path.rpartition("/")[2], name, row[0])
report(net)
