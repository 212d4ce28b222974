# A job that sets up its process: umask, folder, arguments, locale, limits of the interpreter.
import locale
import os
import sys
from pathlib import Path

import torch
from training import report, train

os.umask(0o027)
locale.setlocale(locale.LC_ALL, "C")
sys.argv[1:] = ["--lr", "0.1"]
Path("outputs/run").mkdir(parents=True)
os.chdir("outputs/run")
sys.set_int_max_str_digits(700)
sys.setswitchinterval(0.01)
torch.set_num_threads(1)


def saved(step):
    Path(f"step{step}.txt").write_text(str(step))
    Path("link").unlink(missing_ok=True)
    os.symlink(f"step{step}.txt", "link")


net = train(6, each=saved)
print(sys.argv[1:], Path.cwd().name, oct(os.umask(0)), sys.getswitchinterval())
print(sorted((path.name, oct(path.lstat().st_mode)) for path in Path().iterdir()))
print(locale.setlocale(locale.LC_ALL), sys.get_int_max_str_digits(), torch.get_num_threads())
report(net)
