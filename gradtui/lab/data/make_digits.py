"""How digits.npz was made: `python make_digits.py optdigits.tes digits.npz`.

Source: Alpaydin, E. and Kaynak, C. (1998), Optical Recognition of Handwritten Digits, UCI Machine
Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0. The file optdigits.tes of
that data set holds 1,797 lines of 64 pixel values 0..16 and the digit, separated by commas. (The
same lines are what scikit-learn ships as load_digits.) Nothing is changed but the container.
"""

import sys
from pathlib import Path

import numpy as np


def convert(source: Path, target: Path) -> None:
    """Read the UCI text file, check it, and write pixels uint8 [1797, 64] and digits uint8 [1797]."""
    table = np.loadtxt(source, delimiter=",", dtype=np.int64)
    if table.shape != (1797, 65) or table.min() < 0 or table.max() > 16:
        raise SystemExit(f"{source}: expected 1797 lines of 65 numbers in 0..16")
    pixels = table[:, :64].astype(np.uint8)
    np.savez_compressed(target, pixels=pixels, digits=table[:, 64].astype(np.uint8))


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
