#!/usr/bin/env bash
# triton 3.4.0 (the one that torch 2.8 brings) with numpy 2.4: under TRITON_INTERPRET=1 a kernel that loops over
# range(a, b), with bounds that it has loaded, raises. The interpreter holds a scalar as an array of one element
# and makes an int of it for range(); numpy has warned of that since 1.25 and refuses it since 2.4. With numpy
# 2.3.5 the same kernel gives its sum. triton does not depend on numpy, so nothing holds numpy back.
#
# Why it matters: the interpreter is how kernels are tested where there is no GPU. The message speaks of
# 0-dimensional arrays, and the kernel has none. Seen:
#   triton 3.4.0 numpy 2.4.0 | InterpreterError: TypeError('only 0-dimensional arrays can be converted to Python scalars')
#   triton 3.4.0 numpy 2.3.5 | 9
# triton 3.9.0 gives 9 with numpy 2.4.6.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check torch==2.13.0 numpy==2.4.0
"$scratch/venv/bin/pip" install -q --disable-pip-version-check --no-deps --force-reinstall triton==3.4.0
"$scratch/venv/bin/pip" install -q --disable-pip-version-check --no-deps --target "$scratch/older" numpy==2.3.5
cat > "$scratch/kernel.py" <<'PY'
import numpy
import torch
import triton
import triton.language as tl


@triton.jit
def total(bounds, out):
    found = 0
    for i in range(tl.load(bounds), tl.load(bounds + 1)):
        found += i
    tl.store(out, found)


out = torch.zeros(1, dtype=torch.int32)
try:
    total[(1,)](torch.tensor([2, 5], dtype=torch.int32), out)
    told = str(int(out[0]))
except Exception as error:
    told = f"{type(error).__name__}: {error}"
print("triton", triton.__version__, "numpy", numpy.__version__, "|", told)
PY
export TRITON_INTERPRET=1 PYTHONWARNINGS=ignore
new=$("$scratch/venv/bin/python" "$scratch/kernel.py")
old=$(PYTHONPATH="$scratch/older" "$scratch/venv/bin/python" "$scratch/kernel.py")
echo "$new"
echo "$old"
[[ $new == *"numpy 2.4.0 | InterpreterError"*"0-dimensional"* && $old == *"numpy 2.3.5 | 9" ]]
