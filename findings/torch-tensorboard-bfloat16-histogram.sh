#!/usr/bin/env bash
# torch 2.13.0 with tensorboard 2.21.0: SummaryWriter.add_histogram of a bfloat16 tensor writes what is left of it in
# float16. bfloat16 has the range of float32, float16 has not: numbers below 3e-8 are written as 0, those above 65,504
# as infinities, and the sums beside the buckets with them.
#
# Why it matters: histograms of a net that trains in bfloat16 show dead layers where gradients are small, and
# infinities where they are large; nothing in the file tells these from true ones. `.float()` before it helps.
# Seen (of 100 values of 1e-8, and of 99 of 1 and one of 1e5; least, largest and sum of squares in the file):
#   small bfloat16: 0, 0, 0
#   small float32: 1.001e-08, 1.001e-08, 1.002e-14
#   large bfloat16: 1, inf, inf
#   large float32: 1, 9.984e+04, 9.968e+09
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 tensorboard==2.21.0 numpy==2.3.5
cat > "$scratch/histograms.py" <<'PY'
import glob
import sys

import torch
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from torch.utils.tensorboard import SummaryWriter

one = torch.ones(100, dtype=torch.bfloat16)
large = one.clone()
large[0] = 1e5
with SummaryWriter(sys.argv[1]) as writer:
    for name, values in (("small", 1e-8 * one), ("large", large)):
        writer.add_histogram(f"{name} bfloat16", values, 0)
        writer.add_histogram(f"{name} float32", values.float(), 0)
(file,) = glob.glob(f"{sys.argv[1]}/events*")
for event in LegacyEventFileLoader(file).Load():
    for value in event.summary.value:
        seen = value.histo
        print(f"{value.tag}: {seen.min:.4g}, {seen.max:.4g}, {seen.sum_squares:.4g}")
PY
said=$("$scratch/venv/bin/python" -W ignore "$scratch/histograms.py" "$scratch/logs")
echo "$said"
[[ $said == "small bfloat16: 0, 0, 0
small float32: 1.001e-08, 1.001e-08, 1.002e-14
large bfloat16: 1, inf, inf
large float32: 1, 9.984e+04, 9.968e+09" ]]
