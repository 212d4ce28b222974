#!/usr/bin/env bash
# triton 3.7.1 (the one that torch 2.13 brings) on Python 3.13: a kernel that calls tl.sum does not compile where
# warnings are errors (python -W error, as many test suites run). Its compiler makes a syntax node (ast.AnnAssign)
# without one of its fields, and Python has warned of that since 3.13. Without -W error nothing is seen of it, as
# such warnings are hidden. On Python 3.12 the same kernel compiles, and with triton 3.9.0 on 3.13.
#
# Why it matters: the error is a CompilationError that points at a line of the kernel, of which nothing is wrong;
# the warning is only its cause. Needs python3.13; no GPU. Seen:
#   triton 3.7.1 python 3.13.0 | CompilationError after DeprecationWarning: AnnAssign.__init__ missing 1 required
#   positional argument: 'simple'. This will become an error in Python 3.15.
#   triton 3.9.0 python 3.13.0 | compiled
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3.13 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check triton==3.7.1
"$scratch/venv/bin/pip" install -q --disable-pip-version-check --no-deps --target "$scratch/newer" triton==3.9.0
cat > "$scratch/kernel.py" <<'PY'
import platform

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@triton.jit
def total(given, out):
    tl.store(out, tl.sum(tl.load(given + tl.arange(0, 128))))


options = {"enable_fp_fusion": True}
try:
    source = ASTSource(total, {"given": "*fp32", "out": "*fp32"})
    triton.compile(source, target=GPUTarget("cuda", 80, 32), options=options)
    told = "compiled"
except Exception as error:
    first = error
    while first.__cause__ is not None:
        first = first.__cause__
    told = f"{type(error).__name__} after {str(first).splitlines()[-1]}"
print("triton", triton.__version__, "python", platform.python_version(), "|", told)
PY
export TRITON_CACHE_DIR="$scratch/cache"
one=$("$scratch/venv/bin/python" -W error "$scratch/kernel.py")
usual=$("$scratch/venv/bin/python" "$scratch/kernel.py")
newer=$(PYTHONPATH="$scratch/newer" "$scratch/venv/bin/python" -W error "$scratch/kernel.py")
printf '%s\n' "$one" "$usual" "$newer"
[[ $one == "triton 3.7.1"*"CompilationError after"*"AnnAssign"* ]]
[[ $usual == "triton 3.7.1"*"| compiled" && $newer == "triton 3.9.0"*"| compiled" ]]
