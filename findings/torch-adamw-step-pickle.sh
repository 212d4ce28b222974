#!/usr/bin/env bash
# torch 2.13.0: whether `torch.optim.AdamW.step` can be pickled depends on which optimizer a process builds
# first. AdamW has no step of its own, it inherits Adam's. The first optimizer that is built puts a profiling
# wrapper on its own class; the wrapper keeps the name Adam.step. Built first, an AdamW leaves AdamW.step a
# function that is not the Adam.step its name leads to:
#
#     PicklingError: Can't pickle <function Adam.step at 0x...>: it's not the same object as torch.optim.adam.Adam.step
#
# After an Adam has been built there is one wrapper for both, and it pickles, for AdamWs that come later too.
#
# Why it matters: jobs that send a step function to a worker, or wrap steps by qualified name, work or fail by
# an import or a line elsewhere that happens to build an Adam. Optimizers themselves pickle either way.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.3.5
"$scratch/venv/bin/python" - <<'PY'
import subprocess
import sys

import torch

PROBE = """
import pickle, sys, torch
parameters = list(torch.nn.Linear(1, 1).parameters())
for name in sys.argv[1:]:
    optimizer = getattr(torch.optim, name)(parameters)
pickle.loads(pickle.dumps(optimizer))
try:
    pickle.dumps(torch.optim.AdamW.step)
    print("pickles")
except pickle.PicklingError as error:
    print("not the same object" if "not the same object" in str(error) else error)
"""


def outcome(*built: str) -> str:
    words = [sys.executable, "-c", PROBE, *built]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


seen = {" then ".join(built): outcome(*built) for built in (("AdamW",), ("Adam",), ("Adam", "AdamW"))}
print("torch", torch.__version__, seen)
expected = {"AdamW": "not the same object", "Adam": "pickles", "Adam then AdamW": "pickles"}
sys.exit(seen != expected)
PY
