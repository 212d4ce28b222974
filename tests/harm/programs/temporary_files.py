# Everything temporary lies in a folder of the job's own, and nothing is left there.
import os
import tempfile
from pathlib import Path

Path("tmp").mkdir()
os.environ["TMPDIR"] = str(Path("tmp").resolve())
tempfile.tempdir = None

import torch  # noqa: E402
from training import report, small_net, train  # noqa: E402

net = small_net()
with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as loose:
    train(8, net)
    torch.save(net.state_dict(), Path(folder) / "best.pt")
    torch.save(net.state_dict(), loose)
    print(len(os.listdir(folder)), len(os.listdir("tmp")), loose.tell() > 0)
train(8, net)
print(os.listdir("tmp"), sorted(os.listdir()))
report(net)
