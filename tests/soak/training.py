"""A training that writes down itself what each step was, for as long as it is asked to.

python training.py WHERE SECONDS   ends after so many seconds, or once WHERE.stop is there

WHERE.steps: a row of float64 for each step, (step, loss, learning rate).
"""

import signal
import sys
import time
from array import array
from pathlib import Path

import torch


def main() -> None:
    where, seconds = Path(sys.argv[1]), float(sys.argv[2])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(*(torch.nn.Linear(32, 32) for _ in range(12)))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99999)
    stop = where.with_suffix(".stop")
    end = time.monotonic() + seconds
    step = 0
    with where.with_suffix(".steps").open("wb", buffering=0) as out:
        while time.monotonic() < end and not (step % 100 == 0 and stop.exists()):
            optimizer.zero_grad()
            loss = (model(torch.randn(16, 32)) - 1).square().mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            lr = optimizer.param_groups[0]["lr"]
            optimizer.step()
            schedule.step()
            out.write(array("d", (step, loss.item(), lr)).tobytes())
            step += 1
            if step % 200 == 0:
                print(f"step {step} loss {loss.item():.4f}", flush=True)
            time.sleep(0.003)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # stopped from the screen, where a traceback would look like a crash
        sys.exit(128 + signal.SIGINT)
