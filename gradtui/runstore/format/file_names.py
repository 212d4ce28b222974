"""What the files of a run are called."""

import re

LABEL = re.compile(r"\d{1,6}(\.\d{1,4})?")
"""RANK, or RANK.ATTEMPT from the second process on that says it is that rank."""

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
