# tracemalloc: what the program's own lines hold.
import tracemalloc

from training import report, train

tracemalloc.start()
net = train(20)
kept = [bytes(100_000) for _ in range(5)]
shot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, __file__)])
print(sum(one.size for one in shot.statistics("filename")) // 100_000, len(kept))
tracemalloc.stop()
report(net)
