"""Why a process cannot be attached to, in a sentence that says what would help. Pure."""

from dataclasses import dataclass

from gradtui.inject.process_table import ProcessFacts

OLDEST = (3, 11)
SYS_PTRACE = 19
"""The number of the capability to look into other processes."""
BY_ADMINISTRATOR = (
    "an administrator allows it until the next start of the machine with 'sysctl "
    "kernel.yama.ptrace_scope=0', or run gradtui itself with CAP_SYS_PTRACE (sudo)"
)
IN_CONTAINER = (
    "in a container it takes CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE; in Kubernetes "
    "securityContext.capabilities.add), elsewhere a security module may forbid it"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of this process and its system."""

    system: str = "Linux"
    machine: str = "x86_64"
    user: int = 0
    may_trace: bool = False
    """Whether it has CAP_SYS_PTRACE."""
    scope: int = 0
    """kernel.yama.ptrace_scope; 0 where there is no such limit."""
    namespace: str = ""
    root: str = "/"
    python: tuple[int, int] = OLDEST
    """Our own."""


def system_obstacle(here: Surroundings) -> str:
    """What is in the way of every process."""
    if here.system != "Linux":
        return (
            f"gradtui attaches to running processes on Linux only, not on {here.system}: start the "
            "training with gradtui run"
        )
    return ""


def obstacle(process: ProcessFacts, here: Surroundings) -> str:
    """ "" where nothing is in the way, as far as can be told beforehand. No full stop."""
    return (
        system_obstacle(here)
        or _of_user(process, here)
        or _of_state(process)
        or _of_program(process)
        or _of_files(process, here)
        or _of_machine(process, here)
        or _of_permission(here)
    )


def _of_user(process: ProcessFacts, here: Surroundings) -> str:
    if here.user not in (0, process.user):
        return "it belongs to another user"
    return ""


def _of_state(process: ProcessFacts) -> str:
    if process.state in "ZX":
        return "it has ended"
    if process.state == "T":
        return f"it is stopped (Ctrl+Z): let it go on first, with 'kill -CONT {process.pid}'"
    if process.tracer:
        return f"process {process.tracer} traces it already (a debugger, strace)"
    return ""


def _of_program(process: ProcessFacts) -> str:
    if not process.readable:
        return (
            "its memory map may not be read, as of a program that guards itself, or of another user"
        )
    if process.python is None:
        return "it is no Python"
    if process.python < OLDEST:
        return f"it runs Python {_dotted(process.python)}, and gradtui needs {_dotted(OLDEST)} or later"
    if not process.torch:
        return "it has not loaded torch"
    return ""


def _of_files(process: ProcessFacts, here: Surroundings) -> str:
    if (process.namespace, process.root) != (here.namespace, here.root):
        return (
            "it sees other files, as in a container: run gradtui in there, as in 'docker exec', with "
            "the same Python"
        )
    return ""


def _of_machine(process: ProcessFacts, here: Surroundings) -> str:
    if by_python(process, here):
        return ""
    if here.machine != "x86_64":
        return f"on {here.machine} that takes Python 3.14, on both sides: start it with gradtui run"
    if process.shadow_stack:
        return "its processor guards the stack (a shadow stack): start it with gradtui run"
    return ""


def _of_permission(here: Surroundings) -> str:
    if here.may_trace or here.scope == 0:
        return ""
    if here.scope == 1:
        return (
            "the kernel lets a process look into its own children alone "
            f"(kernel.yama.ptrace_scope is 1): {BY_ADMINISTRATOR}"
        )
    if here.scope == 2:
        return (
            f"the kernel lets administrators alone do that (ptrace_scope is 2): {BY_ADMINISTRATOR}"
        )
    return (
        "the kernel lets nobody do that until it is started again (kernel.yama.ptrace_scope is 3): "
        "start the training with gradtui run"
    )


def by_python(process: ProcessFacts, here: Surroundings) -> bool:
    """Whether Python itself can hand code over (PEP 768): from 3.14 on, and to its own version."""
    return process.python is not None and process.python == here.python >= (3, 14)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
