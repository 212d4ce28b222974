"""The optimizer's own arithmetic: what its update divides by."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import OPTIMIZER, STEP
from gradtui.doctor.remedy import CodeLines, Remedy


def eps_for_half(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        for group in optimizer.param_groups:  # or eps=1e-4 where it is built
            group["eps"] = 1e-4
    """)
    return CodeLines(OPTIMIZER, code, "weights that are finite after the first step")


def pass_over_zeros(seen: ProgramSeen) -> CodeLines:
    """Optimizers leave alone what has no gradient."""
    del seen
    code = block("""
        for weight in model.parameters():  # or an eps in what the update divides by
            if weight.grad is not None and not weight.grad.any():
                weight.grad = None
    """)
    return CodeLines(STEP, code, "weights that are finite after the first step")


def betas_in_order(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        for group in optimizer.param_groups:
            group["betas"] = (0.9, 0.999)
    """)
    return CodeLines(OPTIMIZER, code, "a loss that comes down and stays there")


def shorter_memory(seen: ProgramSeen) -> CodeLines:
    """Of a sum of gradients; where they are averaged, of that."""
    plain = "beta1" not in dict(seen.facts.info.settings)
    change = 'group["momentum"] = 0.9' if plain else 'group["betas"] = (0.9, *group["betas"][1:])'
    code = block(f"""
        for group in optimizer.param_groups:  # or where it is built
            {change}
    """)
    return CodeLines(OPTIMIZER, code, "a loss that falls and stays down")


EPS_FOR_HALF = Remedy(
    id="eps_for_half",
    text=("give the optimizer an eps that half precision can hold: eps=1e-4"),
    code=eps_for_half,
)
PASS_OVER_ZEROS = Remedy(
    id="pass_over_zeros",
    text=(
        "add an eps to what the optimizer's update divides by, or pass over gradients that are 0"
    ),
    code=pass_over_zeros,
)
BETAS_IN_ORDER = Remedy(
    id="betas_in_order",
    text=("give the betas in their order, (0.9, 0.999): of gradients, then of their squares"),
    code=betas_in_order,
    source=("Kingma and Ba, 2015, arXiv:1412.6980, algorithm 1"),
)
SHORTER_MEMORY = Remedy(
    id="shorter_memory",
    text=("let the optimizer forget sooner: momentum (or the first beta) 0.9"),
    code=shorter_memory,
    source=("Sutskever et al., 2013, On the importance of initialization and momentum"),
)
