#!/usr/bin/env bash
# torch 2.13.0, x86-64, CPU: of the recurrent layers only nn.LSTM in float32 runs as one operation (oneDNN's). nn.GRU and
# nn.RNN are taken apart into several operations for each step of time, each a node of the graph, and so is an LSTM in
# float64. Of one layer of width 32, 100 steps, 8 sequences, one thread, forward and backward:
#
#     LSTM            8448 parameters     6 nodes
#     GRU             6336 parameters  1410 nodes   10 times as long as the LSTM
#     RNN             2112 parameters   410 nodes    3 to 4 times
#     LSTM, float64   8448 parameters  1310 nodes   11 times
#
# Why it matters: a GRU, with three quarters of the weights, and a plain RNN, with one quarter, are taken for the faster
# ones. Here they are several times slower, and what walks through graphs or hooks their nodes meets hundreds of them.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.3.5
"$scratch/venv/bin/python" - <<'PY'
import platform
import sys
import time

import torch
from torch import nn

WIDTH, STEPS, SEQUENCES = 32, 100, 8


def nodes(root):
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [below for below, _ in node.next_functions]
    return len(seen)


def seconds(net, x):
    spent = []
    for _ in range(15):
        began = time.perf_counter()
        net(x)[0].sum().backward()
        spent.append(time.perf_counter() - began)
    return sorted(spent)[len(spent) // 2]


print("torch", torch.__version__, platform.machine())
torch.set_num_threads(1)
torch.manual_seed(0)
found = {}
for name, kind, dtype in (
    ("LSTM", nn.LSTM, torch.float32),
    ("GRU", nn.GRU, torch.float32),
    ("RNN", nn.RNN, torch.float32),
    ("LSTM, float64", nn.LSTM, torch.float64),
):
    net = kind(WIDTH, WIDTH).to(dtype)
    x = torch.randn(STEPS, SEQUENCES, WIDTH, dtype=dtype)
    count = nodes(net(x)[0].sum().grad_fn)
    found[name] = count, seconds(net, x)
    times = found[name][1] / found["LSTM"][1]
    print(f"{name}: {sum(p.numel() for p in net.parameters())} parameters, {count} nodes, {times:.1f} times the LSTM")
first = found.pop("LSTM")
sys.exit(not (first[0] < 10 and all(count > 3 * STEPS and spent > 1.3 * first[1] for count, spent in found.values())))
PY
