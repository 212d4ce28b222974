#!/usr/bin/env bash
# torch 2.13.0: making the first optimizer of a process loads torch's compiler, and sympy with it.
# Methods of torch.optim.Optimizer are decorated to be left out of torch.compile. What does that imports
# torch._dynamo when such a method is first called, whether or not anything is ever compiled: hundreds of modules, for
# about as long as `import torch` itself takes. A module, its forward and its backward pass load none of it.
#
# Why it matters: a script of a few steps, and each process of a test suite, pays for it; the same updates by hand
# do not. Who measures a first step measures this.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat >"$scratch/first.py" <<'PY'
import sys
import time

began = time.perf_counter()
import torch

loading = time.perf_counter() - began
net = torch.nn.Linear(2, 1)
net(torch.ones(3, 2)).sum().backward()
before = set(sys.modules)
began = time.perf_counter()
torch.optim.SGD(net.parameters(), lr=0.1)
making = time.perf_counter() - began
new = set(sys.modules) - before
compiler = {"torch._dynamo", "sympy"}
print(f"torch {torch.__version__}: import {loading:.1f} s, first optimizer {making:.1f} s, {len(new)} modules more")
# Output seen: torch 2.13.0+cpu: import 2.8 s, first optimizer 2.7 s, 804 modules more (two cores, both busy)
sys.exit(not (compiler <= new and len(new) > 400))
PY
"$scratch/venv/bin/python" "$scratch/first.py" >/dev/null  # compiles what it imports
"$scratch/venv/bin/python" "$scratch/first.py"
