"""What being watched adds to the largest size of a process."""

import re
import sys
from pathlib import Path

import pytest

from tests.inject import watched

PROGRAM = """
import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)
{net}
optimizer = torch.optim.{optimizer}(net.parameters(), lr=1e-5)
for step in range(4):
    optimizer.zero_grad()
    loss = net(torch.randn(2, width)).square().mean() * (1e-30 if step == 2 else 1)
    loss.backward()
    optimizer.step()
    del loss
print([line for line in open("/proc/self/status") if line.startswith("VmHWM")])
"""
NETS = {
    "large": "width = 2000\nnet = nn.Sequential(*[nn.Linear(2000, 2000) for _ in range(4)])",
    "small": "width = 240\nnet = nn.Sequential(*[nn.Linear(240, 240) for _ in range(250)])",
}
"""16 and 14 million parameters."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
@pytest.mark.parametrize(
    ("net", "optimizer"),
    [
        ("large", "Adam"),
        pytest.param("large", "SGD", marks=pytest.mark.long),
        pytest.param("small", "SGD", marks=pytest.mark.long),
    ],
)
def test_the_peak_is_that_of_the_program(net: str, optimizer: str, tmp_path: Path) -> None:
    """To a tenth and 40 MB. Blocks come straight from the system, for what an allocator makes of the
    gaps between them differs from run to run."""
    text = PROGRAM.format(net=NETS[net], optimizer=optimizer)
    extra = {"MALLOC_MMAP_THRESHOLD_": "65536"}
    peaks = []
    for watch in (False, True):
        folder = tmp_path / str(watch)
        started = watched.start(folder, "-c", text, watch=watch, **extra)
        out, _ = watched.finish(started)
        peaks.append(int(re.findall(r"\d+", out)[0]) / 1024)
        if watch:
            assert watched.complaints(folder / "run") == ""
            assert len(watched.recorded(folder / "run")) == 4
    assert peaks[1] <= 1.1 * peaks[0] + 40
