"""`python -m tests.benchmarks`: every benchmark in turn. Each prints ratios measured side by side."""

import subprocess
import sys

NAMES = ("measure", "lab_speed", "app_cost", "depth_view", "key_latency", "scale", "watching")

for name in NAMES:
    print(f"\n== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)
