"""Exceptions of a training run, said so that a person knows what to do next."""

import torch


def explain(error: BaseException) -> str:
    """One sentence."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else ""
    if isinstance(error, torch.OutOfMemoryError):
        return "the device ran out of memory; make width, depth or batch_size smaller"
    if isinstance(error, MemoryError):
        return "the machine ran out of memory; make width, depth or batch_size smaller"
    if isinstance(error, RuntimeError) and "not enough memory" in first:
        return "the machine ran out of memory; make width, depth or batch_size smaller"
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
