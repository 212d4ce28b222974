#!/usr/bin/env bash
# torch 2.13.0, CPU, one thread: the L2 norm of a large float32 tensor is too small by far more than
# rounding of one sum explains, where summing its squares is right to 1e-7:
#
#     16,777,216 normal values: vector_norm -6.5e-04, clip_grad_norm_ -6.5e-04, square().sum().sqrt() -1.1e-07
#     16,777,216 times 0.0011:  vector_norm -5.6e-03, clip_grad_norm_ -5.6e-03, square().sum().sqrt() +3.2e-07
#
# torch.sum adds up in a cascade of partial sums; the kernel of vector_norm, which Tensor.norm,
# torch._foreach_norm and torch.nn.utils.clip_grad_norm_ share, has no such cascade: small squares are lost
# beside a large running total. Its parameter dtype=torch.float64 helps (right to 1e-10 here).
#
# Why it matters: the norm of an embedding's gradient, and what it is clipped by, can be off by half a
# percent; two implementations of the same norm then do not agree to what float32 promises.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.3.5
"$scratch/venv/bin/python" - <<'PY'
import sys

import torch

torch.set_num_threads(1)
torch.manual_seed(0)
print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability())
good = True
for name, x, least in (
    ("normal values", torch.randn(1 << 24), 1e-4),
    ("times 0.0011", torch.full((1 << 24,), 1.1e-3), 1e-3),
):
    true = float(x.double().square().sum().sqrt())
    weight = torch.nn.Parameter(torch.zeros_like(x))
    weight.grad = x.clone()
    found = {
        "vector_norm": torch.linalg.vector_norm(x),
        "_foreach_norm": torch._foreach_norm([x])[0],
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_([weight], 1e9),
        "square().sum().sqrt()": x.square().sum().sqrt(),
        "vector_norm, dtype=float64": torch.linalg.vector_norm(x, dtype=torch.float64),
    }
    errors = {way: float(norm) / true - 1 for way, norm in found.items()}
    print(f"{len(x):,} {name}:", ", ".join(f"{way} {e:+.1e}" for way, e in errors.items()))
    one_sum = [errors[way] for way in ("vector_norm", "_foreach_norm", "clip_grad_norm_")]
    others = [errors[way] for way in ("square().sum().sqrt()", "vector_norm, dtype=float64")]
    good &= all(e < -least for e in one_sum) and all(abs(e) < 1e-6 for e in others)
sys.exit(not good)
PY
