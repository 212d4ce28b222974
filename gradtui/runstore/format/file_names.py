"""What the files of a run are called."""

import re

LABEL = re.compile(r"\d{1,6}(\.\d{1,4})?")
"""RANK, or RANK.ATTEMPT from the second process on that says it is that rank."""

DETAILS = ("tensors", "weights", "activations", "histograms", "states")
"""The files that have one record for each kept step, all tensors (or rows) in one."""
_NAMES = "|".join(
    (
        rf"run(-{LABEL.pattern})?\.json",
        rf"events(-{LABEL.pattern})?\.jsonl",
        rf"(steps|metrics)-{LABEL.pattern}\.bin",
        rf"metrics-{LABEL.pattern}\.json",
        rf"({'|'.join(DETAILS)})-{LABEL.pattern}-\d{{1,6}}\.bin",
        r"(control\.jsonl|attach\.json|exit\.json|note\.txt)",
        r"(output|watch|notify|forward)\.log",
    )
)
RUN_FILE = re.compile(rf"({_NAMES})|\.({_NAMES})(\.\d{{1,10}})?\.new")
"""Every file that is written into a run directory, by name, those included that are under way."""

OUTPUT_NAME = "output.log"
"""What a command has printed, or what a log holds."""


def header_name(label: str) -> str:
    return "run.json" if label == "0" else f"run-{label}.json"


def events_name(label: str) -> str:
    return "events.jsonl" if label == "0" else f"events-{label}.jsonl"


def steps_name(label: str) -> str:
    return f"steps-{label}.bin"


def detail_name(kind: str, label: str, generation: int) -> str:
    return f"{kind}-{label}-{generation}.bin"


def metrics_name(label: str) -> str:
    return f"metrics-{label}.bin"


def metrics_names_name(label: str) -> str:
    return f"metrics-{label}.json"
