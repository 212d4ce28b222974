#!/usr/bin/env bash
# torch 2.13.0, CPU: nn.LSTM under torch.autocast("cpu", torch.bfloat16) cannot train on a processor
# without AVX-512, where nn.GRU and nn.Linear can. The error names a oneDNN primitive, not the dtype:
#
#     RuntimeError: could not create a primitive descriptor for the LSTM forward propagation primitive. ...
#
# Why it matters: "train in bfloat16" is the usual cure of a float16 overflow, and whether it can be taken
# depends on the machine. Seen on an AVX2 machine; exits with 0 where AVX-512 is there, saying so.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.3.5
"$scratch/venv/bin/python" - <<'PY'
import sys

import torch
from torch import nn

capability = torch.backends.cpu.get_cpu_capability()
print("torch", torch.__version__, capability)
if "AVX2" not in capability:
    print("not to be seen here: it takes a processor with AVX2 and no AVX-512")
    sys.exit(0)
outcomes = {}
for layer in (nn.Linear(8, 16), nn.GRU(8, 16), nn.LSTM(8, 16)):
    try:
        with torch.autocast("cpu", torch.bfloat16):
            layer(torch.zeros(6, 4, 8))
        outcomes[type(layer).__name__] = "trains"
    except RuntimeError as error:
        outcomes[type(layer).__name__] = str(error).partition(".")[0]
print(outcomes)
expected = {
    "Linear": "trains",
    "GRU": "trains",
    "LSTM": "could not create a primitive descriptor for the LSTM forward propagation primitive",
}
sys.exit(outcomes != expected)
PY
