#!/usr/bin/env bash
# torch 2.13.0: the mean of the number that a product was saved with is another number than that.
# Of `-0.5 * x` the graph keeps the plain number for backward, and hands it out as a tensor of no dimensions
# (`grad_fn._saved_other`, float64). Its value is right when it is printed, by item(), as a factor and in a copy. Its
# mean() and sum() are not: they differ from the one number that there is, and from call to call. A tensor of
# no dimensions that somebody has made has the right mean.
#
# Why it matters: tools that draw or read graphs (what is a loss multiplied by?) ask saved tensors for their mean,
# since others that are saved under the same name have more than one number. float(), or clone() first, is right.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cat >"$scratch/number.py" <<'PY'
import sys

import torch

x = torch.ones(4, requires_grad=True)
kept = [(-0.5 * x).grad_fn._saved_other for _ in range(20)]
right = all(float(one) == -0.5 and one.clone().mean().item() == -0.5 for one in kept)
made = torch.tensor(-0.5, dtype=torch.float64).mean().item() == -0.5
wrong = sum(one.mean().item() != -0.5 for one in kept)
sums = sum(one.sum().item() != -0.5 for one in kept)
print(f"torch {torch.__version__}: of 20 saved numbers of -0.5 the mean of {wrong} and the sum of {sums} is another")
# Output seen: torch 2.13.0+cpu: of 20 saved numbers of -0.5 the mean of 20 and the sum of 20 is another
sys.exit(not (right and made and wrong > 10 and sums > 10))
PY
"$scratch/venv/bin/python" "$scratch/number.py"
