"""The lab's own use of the autopsy: its network's modules are called after its rows."""

from gradtui.core.autopsy import Autopsy
from gradtui.lab.models.rows import Network
from gradtui.nan_trace.call_recorder import CallRecorder
from gradtui.nan_trace.examination import examine
from gradtui.nan_trace.module_walk import walk


class NanExamination:
    """Keeps what the network was called with; `examine` once, `over()` after each step."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._call_recorder: CallRecorder | None = CallRecorder()
        self._call_recorder.watch([("", network.module)])

    def over(self) -> None:
        if self._call_recorder is not None:
            self._call_recorder.over()

    def examine(self, step: int, loss: float) -> Autopsy | None:
        """None where that has been done before."""
        call_recorder, self._call_recorder = self._call_recorder, None
        if call_recorder is None:
            return None
        calls, names = call_recorder.calls(), _names(self._network)
        for call in calls:
            call.names = names
        found = examine(calls, step, loss, dropped=call_recorder.dropped())
        call_recorder.close()
        return found

    def close(self) -> None:
        """Let the network's calls alone."""
        call_recorder, self._call_recorder = self._call_recorder, None
        if call_recorder is not None:
            call_recorder.close()


def _names(network: Network) -> dict[int, str]:
    """Module -> the name of its row, and its place in the row's block."""
    found = {}
    for row in network.rows:
        if row.block is not None and row.block is not network.module:
            for path, module in walk(row.block):
                name = row.info.name
                found[id(module)] = f"{name}.{path}" if path else name
    return found
