"""plotext is imported without its manual, which is there for whoever asks for it."""

import subprocess
import sys

PROGRAM = """
import sys
import numpy as np
from gradtui.app.render.canvas import polyline
line = np.array([0.0, 1.0])
drawn = polyline(line, line, x_limits=(0, 1), y_limits=(0, 1), width=8, height=4)
assert sum(row.strip() != "" for row in drawn) == 4, drawn
assert "plotext" in sys.modules
assert not any(name.startswith("plotext._doc") for name in sys.modules), "the manual was written"
import plotext._doc.doc as manual
assert manual.docs is not None
"""


def test_a_curve_is_drawn_without_the_manual() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
