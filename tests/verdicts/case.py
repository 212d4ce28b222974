"""One case: a program, and what must be said of it."""

from collections.abc import Callable
from dataclasses import dataclass

HEALTHY = "healthy"

Program = Callable[[int], None]
"""seed -> a whole training run, written as anyone would write it."""


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    program: Program
    accepted: tuple[str, ...] = (HEALTHY,)
    """Verdicts that are right, the best first; "healthy" takes in "converged"."""
    layers: tuple[str, ...] = ()
    """One of these must begin the name of a layer that the finding names."""
    cause: tuple[str, ...] = ()
    """In lower case; one of them must be in what the first finding says. Empty: not asked."""
    seeds: tuple[int, ...] = (0, 1)
    held_out: bool = False
    """Written after the rules were settled, and run once before they were touched again."""
    stranger: bool = False
    """Written by somebody who had seen the names of the symptoms, and neither rules nor cases."""

    @property
    def healthy(self) -> bool:
        return self.accepted[0] == HEALTHY


@dataclass
class Register:
    cases: list[Case]
    held_out: bool = False
    stranger: bool = False

    def healthy(self, name: str, *also: str, seeds: int = 2) -> Callable[[Program], Program]:
        """`also`: verdicts that alarm nobody and are as right, "undecided"."""
        return self.sick(name, HEALTHY, *also, seeds=seeds)

    def sick(
        self,
        name: str,
        *accepted: str,
        layers: tuple[str, ...] = (),
        cause: tuple[str, ...] = (),
        seeds: int = 2,
    ) -> Callable[[Program], Program]:
        def keep(program: Program) -> Program:
            self.add(name, program, accepted, layers, seeds, cause)
            return program

        return keep

    def add(
        self,
        name: str,
        program: Program,
        accepted: tuple[str, ...] = (HEALTHY,),
        layers: tuple[str, ...] = (),
        seeds: int = 2,
        cause: tuple[str, ...] = (),
    ) -> None:
        assert name not in {case.name for case in self.cases}, name
        self.cases.append(
            Case(
                name,
                program,
                accepted,
                layers,
                cause,
                tuple(range(seeds)),
                self.held_out,
                self.stranger,
            )
        )
