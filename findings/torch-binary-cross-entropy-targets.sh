#!/usr/bin/env bash
# torch 2.13.0, CPU: there are four ways to write the binary cross entropy of one score. Given a target of 255, as
# of a mask that was read as bytes, one of them refuses it, and three return one and the same number below zero:
#
#     binary_cross_entropy of the sigmoid:          RuntimeError: all elements of target should be between 0 and 1
#     binary_cross_entropy_with_logits:             -507.873
#     multilabel_soft_margin_loss:                  -507.873
#     cross_entropy of (score, 0), shares (t, 1-t): -507.873
#     and after ten steps along its slope:          -645698.2
#
# With targets of 0, 0.3 and 1 all four agree to 1e-6.
#
# Why it matters: who goes over from a sigmoid and the plain loss to the fused one, for its stability, loses a
# check of the data: the loss then falls without end, which looks like learning.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.3.5
"$scratch/venv/bin/python" - <<'PY'
import sys

import torch
from torch.nn import functional as F


def shares(score, target):
    scores = torch.cat((score, torch.zeros_like(score)), 1)
    return F.cross_entropy(scores, torch.cat((target, 1 - target), 1))


WAYS = {
    "binary_cross_entropy of the sigmoid": lambda s, t: F.binary_cross_entropy(s.sigmoid(), t),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "multilabel_soft_margin_loss": F.multilabel_soft_margin_loss,
    "cross_entropy of (score, 0), shares (t, 1-t)": shares,
}
print("torch", torch.__version__)
score = torch.tensor([[2.0]])
good = True
for target in (0.0, 0.3, 1.0):
    found = [float(way(score, torch.tensor([[target]]))) for way in WAYS.values()]
    print(f"target {target:g}:", *(f"{one:.6f}" for one in found))
    good &= max(found) - min(found) < 1e-6
wide = torch.tensor([[255.0]])
refused, taken = [], []
for name, way in WAYS.items():
    try:
        loss = float(way(score, wide))
        taken.append(loss)
        print(f"target 255, {name}: {loss:.3f}")
    except RuntimeError as error:
        refused.append(name)
        print(f"target 255, {name}: {type(error).__name__}: {error}")
moved = score.clone().requires_grad_()
for _ in range(10):
    (slope,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(moved, wide), moved)
    moved = (moved - slope).detach().requires_grad_()
later = float(F.binary_cross_entropy_with_logits(moved.detach(), wide))
print(f"after ten steps along its slope: {later:.1f}")
good &= refused == list(WAYS)[:1] and len(taken) == 3 and all(abs(one + 507.873) < 1e-2 for one in taken)
good &= later < 100 * taken[0]
sys.exit(not good)
PY
