"""The tools: what each is for, what it takes, the schema of its answer, and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from gradtui.commands.json_schemas import schema

Answer = Callable[..., dict[str, Any]]
RUN = {
    "type": "string",
    "maxLength": 4096,
    "description": "Name of a run, a part that only one name has, part@last for the newest that has it, "
    "or the path of a run or of another tool's log (TensorBoard, trainer_state.json, metrics.csv, W&B "
    "offline). Left out: the newest run.",
}
STEP = {"type": "integer", "minimum": 0, "maximum": 2**62, "description": "Step, counted from 0."}


def count(words: str, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": most, "description": words}


def part(words: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": 1000, "description": words}


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. Its function takes the folder of runs and, by name, what `takes` has."""

    name: str
    title: str
    words: str
    """What an assistant chooses it by."""
    takes: dict[str, dict[str, Any]]
    """Parameter -> its schema."""
    answers: str
    """The name of the schema of its answer."""
    module: str
    """In this folder; it has a function of the tool's name."""
    required: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Parts of the answer whose size the function limits."""

    @property
    def input_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": self.takes,
            "required": list(self.required),
            "additionalProperties": False,
        }

    @property
    def output_schema(self) -> dict[str, Any]:
        """Without `$schema` and `$id`: some clients know no dialect by its address, and take two answers
        of one schema for two schemas of one name."""
        return {k: v for k, v in schema(self.answers).items() if k not in ("$schema", "$id")}

    def answer(self) -> Answer:
        """Its function, imported when it is first wanted: all of them together bring numpy."""
        found: Answer = getattr(import_module(f"{__package__}.{self.module}"), self.name)
        return found


TOOLS = (
    Tool(
        "list_runs",
        "Recorded runs",
        "Lists the newest recorded PyTorch training runs with state, steps, verdict and note. Begin here.",
        {
            "most": count("Runs at most; each is read to be judged. Default: 20.", 100),
            "name": part("Only runs that have this in their names."),
        },
        "list_runs",
        "run_answers",
    ),
    Tool(
        "judge_run",
        "Verdict on a run",
        "Says what is wrong with a run's gradients, in which layers, since which step, with evidence, cause "
        "and remedies as words and as lines of PyTorch; for a NaN where it was born.",
        {"run": RUN, "steps": count("Judge the first so many steps alone.", 2**62)},
        "check",
        "run_answers",
    ),
    Tool(
        "run_coverage",
        "What is known of a run",
        "Says what a verdict rests on and what is not known: steps that were not measured, parameters that "
        "were not seen, how the record ends. Ask before you say that a run is healthy.",
        {"run": RUN},
        "run_coverage",
        "coverage_answer",
    ),
    Tool(
        "list_layers",
        "Layers of a run",
        "Lists layers in the order of depth, each with its gradient norm at the end, in the middle, smallest "
        "and largest over the run, weights, update ratio, zeros and steps that were not finite.",
        {
            "run": RUN,
            "name": part("Only layers that have this in their names."),
            "most": count("Layers at most. Default: 60.", 120),
        },
        "list_layers",
        "layer_answers",
    ),
    Tool(
        "layer_norms",
        "Norms of a layer",
        "One layer over all kept steps, thinned, and step by step around one of them.",
        {
            "layer": part(
                "Name of a layer or of a tensor, or a part that only one layer's name has."
            ),
            "run": RUN,
            "step": STEP,
            "points": count("About how many points over all steps. Default: 60.", 200),
            "around": count("Kept steps before and after `step`. Default: 5.", 50),
        },
        "layer_norms",
        "layer_answers",
        required=("layer",),
        kept=("over_steps",),
    ),
    Tool(
        "run_series",
        "A quantity over the steps",
        "Loss, learning rate, gradient norm of the whole model before and after clipping, or a metric that "
        "the program has logged, over the steps. Thinned: of each stretch the smallest value, the largest "
        "and the first that is not finite. The answer names what else there is.",
        {
            "name": part("loss (default), lr, total_norm, clipped_norm, or the name of a metric."),
            "run": RUN,
            "since": {**STEP, "description": "First step."},
            "until": {**STEP, "description": "Last step."},
            "points": count("About how many points. Default: 60.", 400),
            "optimizer": {
                **STEP,
                "description": "Steps of this optimizer alone, where several take turns.",
            },
        },
        "run_series",
        "series_answers",
        kept=("series",),
    ),
    Tool(
        "compare_runs",
        "Two runs side by side",
        "Compares two runs layer by layer at the same step, and judges the second beside the first: cured, "
        "partly cured, no gain or worse.",
        {
            "one": {**RUN, "description": "The run before, named as elsewhere."},
            "other": {**RUN, "description": "The run after a change."},
            "step": {**STEP, "description": "Default: the last step that both have."},
            "most": count("Layers at most, those that are farthest apart. Default: 60.", 200),
        },
        "compare",
        "run_answers",
        required=("one", "other"),
    ),
)


@cache
def tools_by_name() -> dict[str, Tool]:
    return {tool.name: tool for tool in TOOLS}
