"""What ten frames a second of a noisy run cost: CPU share and bytes to the terminal.

    python -m tests.benchmarks.depth_view [ROWS] [SECONDS] [all]

The widget runs in a child under a pseudo-terminal of 140x50; a step comes before each frame, and all
its rows are noisy. "all" mounts every widget of the main screen.
"""

import json
import os
import pty
import select
import struct
import sys
import tempfile
import termios
from dataclasses import replace
from fcntl import ioctl
from pathlib import Path
from time import perf_counter, process_time

FPS = 10


def child(rows: int, seconds: float, everything: bool, report: str) -> None:
    from textual.app import App, ComposeResult
    from textual.containers import Horizontal

    from gradtui.app import themes, widgets
    from gradtui.app.meaning_styles import COMPONENTS, meaning_css
    from gradtui.app.view import Choice
    from gradtui.core.history import History
    from tests import factories

    made = factories.vanishing(rows, 10_000)
    history = factories.history(made, 200)

    class Bench(App[None]):
        COMPONENT_CLASSES = COMPONENTS
        DEFAULT_CSS = meaning_css("Bench")
        CSS = "DepthView { height: 3fr; } HeatMap, Horizontal { height: 1fr; }"

        def get_theme_variable_defaults(self) -> dict[str, str]:
            return themes.VARIABLES

        def compose(self) -> ComposeResult:
            yield widgets.HeaderBar()
            yield widgets.DepthView()
            if everything:
                yield widgets.HeatMap()
                with Horizontal():
                    yield widgets.Chart()
                    yield widgets.Chart(Choice("norm"))
                    yield widgets.FindingsPanel()

        def on_mount(self) -> None:
            self.shown = factories.view(made, 1)
            self.frames = 0
            self.spent = 0.0
            self.set_timer(1.0, self.begin)

        def begin(self) -> None:
            self.began, self.cpu = perf_counter(), process_time()
            self.set_interval(1 / FPS, self.frame)

        def frame(self) -> None:
            if perf_counter() - self.began > seconds:
                self.finish()
                return
            self.grow(history)
            before = process_time()
            facts = history.facts()
            diagnosis = replace(self.shown.diagnosis, step=int(facts.steps[-1]))
            view = replace(self.shown, facts=facts, diagnosis=diagnosis)
            for widget in self.query("*").results(widgets.lined.Lined):
                widget.show(view)
            self.spent += process_time() - before
            self.frames += 1

        def grow(self, history: History) -> None:
            step = history.seen
            before = process_time()
            history.append(factories.snapshot(made.layout, step, made.norms(step), slow=False))
            self.cpu += process_time() - before  # making the run up is not the widget's work

        def finish(self) -> None:
            wall = perf_counter() - self.began
            figures = {
                "rows": rows,
                "frames_per_s": self.frames / wall,
                "cpu_percent": 100 * (process_time() - self.cpu) / wall,
                "show_ms": 1000 * self.spent / max(self.frames, 1),
            }
            Path(report).write_text(json.dumps(figures))
            self.exit()

    import gradtui.app.widgets.lined  # noqa: F401

    Bench().run()


def measure(rows: int, seconds: float, everything: bool) -> dict[str, float]:
    """Run the child under a pseudo-terminal; its figures, and KiB/s written once it had settled."""
    with tempfile.TemporaryDirectory() as folder:
        report = str(Path(folder) / "figures.json")
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            command = ["child", str(rows), str(seconds), str(int(everything)), report]
            os.execv(sys.executable, [sys.executable, "-m", __spec_name(), *command])
        ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 140, 0, 0))
        chunks: list[tuple[float, int]] = []
        while True:
            ready, _, _ = select.select([fd], [], [], 30)
            try:
                data = os.read(fd, 65536) if ready else b""
            except OSError:
                break
            if not data:
                break
            chunks.append((perf_counter(), len(data)))
        os.waitpid(pid, 0)
        figures: dict[str, float] = json.loads(Path(report).read_text())
    end = chunks[-1][0] - 0.5
    start = end - seconds + 1.0
    settled = sum(size for at, size in chunks if start < at < end)
    figures["kib_per_s"] = settled / 1024 / (end - start)
    return figures


def __spec_name() -> str:
    return "tests.benchmarks.depth_view"


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        child(int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == "1", sys.argv[5])
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 6.0
    figures = measure(rows, seconds, "all" in sys.argv)
    print("  ".join(f"{name} {value:.1f}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
