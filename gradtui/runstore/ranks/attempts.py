"""Processes that were started together: a run that is begun again has several of each rank."""

from collections.abc import Sequence
from typing import Any

from gradtui.core.rank_facts import Attempt
from gradtui.core.text import printable
from gradtui.runstore.format.json_lines import LineTail
from gradtui.runstore.format.run_header import Header
from gradtui.runstore.ranks.rank_files import RankFiles

OVER = ("ended", "closed")


def together(headers: Sequence[Header]) -> list[list[int]]:
    """Places of those that were started together, oldest attempt first, ranks rising.

    A launcher that counts its restarts has told. Where none does, or where it starts all of them again
    without counting, as torchrun does when a machine joins or leaves, another attempt begins where a rank
    comes again or the number of processes changes.
    """
    order = sorted(
        range(len(headers)),
        key=lambda i: (headers[i].restart, headers[i].started, headers[i].attempt, headers[i].rank),
    )
    groups: list[list[int]] = []
    known: set[int] = set()
    before: tuple[int, int] | None = None
    for i in order:
        header = headers[i]
        start = header.restart, header.world_size
        if start != before or header.rank in known:
            groups.append([])
            known, before = set(), start
        groups[-1].append(i)
        known.add(header.rank)
    return [sorted(group, key=lambda i: headers[i].rank) for group in groups]


def attempts_of(attempts: Sequence[Sequence[RankFiles]]) -> tuple[Attempt, ...]:
    """How each of them went, as their files say."""
    return tuple(
        attempt_of(ranks, [LineTail(rank.events.path).poll() for rank in ranks])
        for ranks in attempts
    )


def attempt_of(ranks: Sequence[RankFiles], told: Sequence[Sequence[dict[str, Any]]]) -> Attempt:
    """Of ranks that were started together, by the events of each."""
    failure = ""
    step = max((rank.last_step for rank in ranks), default=-1)
    done = 0
    for rank, lines in zip(ranks, told, strict=True):
        failed = next((line for line in lines if line.get("kind") == "failed"), None)
        done += any(line.get("kind") in OVER for line in lines)
        if failed is not None and not failure:
            who = f"rank {rank.header.rank}: " if rank.header.world_size > 1 else ""
            failure = who + printable(str(failed.get("message", "")).split("\n")[0])
            step = rank.last_step
    return Attempt(len(ranks), step, failure, done == len(ranks), ranks[0].header.restart)
