"""A small training that says after every 20 steps what it has come to.

python training.py WHERE [STEPS]   ends after so many steps, or once WHERE.stop is there
"""

import hashlib
import signal
import sys
import time
from pathlib import Path

import torch


def main() -> None:
    where = Path(sys.argv[1])
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else None
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(6)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    stop = where.with_suffix(".stop")
    step = 0
    with where.open("w", buffering=1) as out:
        while steps is None or step < steps:
            optimizer.zero_grad()
            (model(torch.randn(16, 8)) - 1).square().mean().backward()
            optimizer.step()
            step += 1
            if step % 20 == 0:
                parts = [p.detach().numpy().tobytes() for p in model.parameters()]
                print(step, hashlib.sha256(b"".join(parts)).hexdigest(), file=out)
                print(f"step {step}", flush=True)
                if steps is None and stop.exists():
                    break
            if steps is None:
                time.sleep(0.02)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # stopped from the screen, where a traceback would look like a crash
        sys.exit(128 + signal.SIGINT)
