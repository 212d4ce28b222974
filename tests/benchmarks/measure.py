"""Measuring gradients three ways, side by side: python -m tests.benchmarks.measure [device]."""

import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from gradtui.stats.histogram import histogram
from gradtui.stats.measure import clone, measure_gradients, measure_weights
from gradtui.stats.plan import Plan

CASES: dict[str, list[tuple[int, ...]]] = {
    "20 x (64x64) + biases": [(64, 64), (64,)] * 20,
    "300 small conv tensors": [
        shape
        for i in range(100)
        for shape in ((32 + i % 20, 16, 3, 3), (32 + i % 20,), (32 + i % 20,))
    ],
    "5 x 4M elements": [(2000, 2000)] * 5,
}


def milliseconds(work: Callable[[], object], device: torch.device, seconds: float = 0.5) -> float:
    """Median time of a call, in ms, with the device's share."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return 1000 * sorted(times)[len(times) // 2]


def report(name: str, shapes: list[tuple[int, ...]], device: torch.device) -> str:
    made = torch.Generator().manual_seed(0)
    grads: list[Tensor] = [torch.randn(s, generator=made).to(device) for s in shapes]
    tiny = [g * 1e-20 for g in grads]
    plan = Plan(grads)
    before = clone(plan, grads)
    ways: dict[str, Callable[[], object]] = {
        "foreach_norm + one copy": lambda: torch.stack(torch._foreach_norm(grads)).cpu(),
        "norm().item() each": lambda: [g.norm().item() for g in grads],
        "norm, max, zeros .item() each": lambda: [
            (g.norm().item(), g.abs().max().item(), (g == 0).sum().item()) for g in grads
        ],
        "measure_gradients + copy": lambda: measure_gradients(plan, grads).cpu(),
        "  of gradients near 1e-20": lambda: measure_gradients(plan, tiny).cpu(),
        "measure_weights + copy": lambda: measure_weights(plan, grads, before).cpu(),
        "clone": lambda: clone(plan, grads, before),
        "histogram + copy": lambda: histogram(plan, grads).cpu(),
    }
    taken = {way: milliseconds(work, device) for way, work in ways.items()}
    first = taken["foreach_norm + one copy"]
    lines = [f"  {way:32s}{ms:9.3f} ms  x{ms / first:6.2f}" for way, ms in taken.items()]
    return "\n".join([name, *lines])


def main() -> None:
    device = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
    for name, shapes in CASES.items():
        sys.stdout.write(report(name, shapes, device) + "\n")


if __name__ == "__main__":
    main()
