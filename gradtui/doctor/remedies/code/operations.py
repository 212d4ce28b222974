"""For an operation that the autopsy has named: the same, defined where it was not."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code import checks
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import OPERATION
from gradtui.doctor.remedy import CodeLines, Remedy

ARC = """
    def safe_{word}(x, eps=1e-6):  # in place of torch.{word}(x); in half precision eps=1e-3
        return x.clamp(-1 + eps, 1 - eps).{word}()
"""
ROOT = """
    def safe_{word}(x, eps=1e-8):  # in place of torch.{word}(x) or x ** 0.5; in float16 eps=1e-4
        return (x.clamp_min(0) + eps).{word}()
"""
LOG = """
    def safe_{word}(x, least=1e-12):  # in place of torch.{word}(x); in float16 least=1e-6
        return x.clamp_min(least).{word}()
"""
EXP = """
    def safe_{word}(x, most=80.0):  # in place of torch.{word}(x); in float16 most=10.0
        return x.clamp_max(most).{word}()  # or stay with logs: torch.logsumexp, log_softmax
"""
BOTH = """
    def safe_{word}(x, most=80.0):  # in place of torch.{word}(x); in float16 most=10.0
        return x.clamp(-most, most).{word}()  # of log(cosh(x)): x + softplus(-2 * x) - log(2)
"""
MASK = """
    def hide(scores, mask):  # in place of scores.masked_fill(mask, -torch.inf)
        return scores.masked_fill(mask, torch.finfo(scores.dtype).min / 2)
    # what is hidden throughout comes out as a number now: leave such rows out of the loss
"""
CODE = {
    **dict.fromkeys(("log", "log2", "log10"), LOG),
    **dict.fromkeys(("sqrt", "rsqrt"), ROOT),
    **dict.fromkeys(("acos", "asin", "atanh"), ARC),
    **dict.fromkeys(("exp", "expm1", "exp2"), EXP),
    **dict.fromkeys(("softmax", "safesoftmax", "logsoftmax", "logsumexp", "maskedfill"), MASK),
    **dict.fromkeys(("sinh", "cosh"), BOTH),
    "log1p": """
        def safe_log1p(x, eps=1e-6):  # in place of torch.log1p(x)
            return x.clamp_min(-1 + eps).log1p()
    """,
    "acosh": """
        def safe_acosh(x, eps=1e-6):  # in place of torch.acosh(x)
            return x.clamp_min(1 + eps).acosh()
    """,
    "div": """
        def safe_div(a, b, eps=1e-8):  # in place of a / b; in float16 eps=1e-4
            return a / torch.where(b < 0, b - eps, b + eps)
    """,
    "reciprocal": """
        def safe_reciprocal(x, eps=1e-8):  # in place of 1 / x; in float16 eps=1e-4
            return 1 / torch.where(x < 0, x - eps, x + eps)
    """,
    "pow": """
        def safe_pow(x, power, least=1e-8):  # in place of x ** power; in float16 least=1e-4
            return x.clamp_min(least) ** power
    """,
    "hypot": """
        def safe_hypot(a, b, eps=1e-8):  # in place of torch.hypot(a, b); in float16 eps=1e-4
            return (a * a + b * b + eps).sqrt()
    """,
}
"""By torch's word for the operation, in small letters and without underscores."""

TOGETHER = {
    "after softmax": """
        def log_of_softmax(scores, dim=-1):  # in place of scores.softmax(dim).log()
            return scores.log_softmax(dim)  # or cross_entropy, which takes the scores themselves
    """,
    "after sigmoid": """
        def log_of_sigmoid(scores):  # in place of scores.sigmoid().log()
            return torch.nn.functional.logsigmoid(scores)
        # or binary_cross_entropy_with_logits, which takes the scores themselves
    """,
    "after 1 - sigmoid": """
        def log_of_rest(scores):  # in place of (1 - scores.sigmoid()).log()
            return torch.nn.functional.logsigmoid(-scores)
        # or binary_cross_entropy_with_logits, which takes the scores themselves
    """,
}
"""A logarithm together with what came before it."""

HIDDEN = (
    "# torch.where behind it does not help: 0 times infinity is NaN; its argument has to be safe"
)


def undefined_forward(seen: ProgramSeen) -> CodeLines | None:
    return _lines(seen, "forward") or checks.watch_module(seen)


def undefined_backward(seen: ProgramSeen) -> CodeLines | None:
    return _lines(seen, "backward") or checks.anomaly(seen)


def _lines(seen: ProgramSeen, phase: str) -> CodeLines | None:
    first = seen.facts.first_nonfinite
    found = None if first is None else first.autopsy
    if found is None or not found.known or found.phase != phase:
        return None
    word = found.operation.replace("_", "").lower()
    if word == "pow" and "infinity" in found.words:  # too large, and not undefined
        return None
    text = TOGETHER.get(found.code) if word == "log" else None
    text = text or CODE.get(word)
    if text is None:
        return None
    code = block(text).replace("{word}", word)
    if phase == "forward":
        return CodeLines(
            OPERATION, code, "a finite result where there was none, and the rest as before"
        )
    return CodeLines(
        OPERATION, f"{code}\n{HIDDEN}", "gradients that are finite in this step as well"
    )


MODULE_INPUTS = Remedy(
    id="module_inputs",
    text=("is there a division by zero, a log or a root of zero in the module that is named?"),
    code=undefined_forward,
)
EPS_AT_ZERO = Remedy(
    id="eps_at_zero",
    text=(
        "is there a square root, norm or division at zero? its slope is infinite there: add an eps"
    ),
    code=undefined_backward,
)


def undefined_operation(seen: ProgramSeen) -> CodeLines | None:
    """Of whichever pass it was."""
    return _lines(seen, "forward") or _lines(seen, "backward") or checks.watch_module(seen)


BOUNDED_EXPONENT = Remedy(
    id="bounded_exponent",
    text=("bound what goes into exp (clamp, tanh), or stay with logarithms"),
    code=undefined_operation,
)
LOG_ABOVE_ZERO = Remedy(
    id="log_above_zero",
    text=("keep what goes into the log above 0, or take it together with the softmax before it"),
    code=undefined_operation,
)
ROOT_ABOVE_ZERO = Remedy(
    id="root_above_zero",
    text=("keep what goes into the root above 0: an eps within it, not behind it"),
    code=undefined_operation,
)
POWER_ABOVE_ZERO = Remedy(
    id="power_above_zero",
    text=("keep what is raised to a power above 0"),
    code=undefined_operation,
)
NONZERO_DIVISOR = Remedy(
    id="nonzero_divisor",
    text=("keep what is divided by away from 0: an eps, or a count of at least 1"),
    code=undefined_operation,
)
ARGUMENT_IN_RANGE = Remedy(
    id="argument_in_range",
    text=("keep what goes into the operation within its range, a little inside its ends"),
    code=undefined_operation,
)
MASKED_ROWS = Remedy(
    id="masked_rows",
    text=("leave something in every row of a mask, and rows without anything out of the loss"),
    code=undefined_operation,
)
