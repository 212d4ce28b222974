"""Units of measure: of the targets, of the loss."""

from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.inputs import integer_inputs
from gradtui.doctor.remedies.code.prescription import DATA, LOSS, CodeLines
from gradtui.doctor.remedies.code.program_seen import ProgramSeen


def scale_targets(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        center, spread = targets.mean(dim=0), targets.std(dim=0)
        targets = (targets - center) / spread.clamp_min(1e-12)
        # an answer in the old units is: answer * spread + center
    """)
    return CodeLines(DATA, code, "a loss that starts near 1 and gradient norms within the band")


def scale_inputs(seen: ProgramSeen) -> CodeLines | None:
    """Columns of a table each by itself, as one of them alone may be large; what a convolution takes
    as a whole. None for indices."""
    if integer_inputs(seen):
        return None
    convolves = bool(seen.all_rows) and seen.all_rows[0].kind.startswith("Conv")
    over = "tuple(range(inputs.dim()))"
    code = block(f"""
        over = {over if convolves else f"0 if inputs.dim() == 2 else {over}"}
        center, spread = inputs.mean(over), inputs.std(over)  # of the whole training set; keep the two
        inputs = (inputs - center) / torch.where(spread > 0, spread, 1)
    """)
    return CodeLines(DATA, code, "a first gradient within the band")


def mean_loss(seen: ProgramSeen) -> CodeLines:
    code = "loss = loss / targets.numel()  # where it is a sum: reduction='mean' does the same"
    expect = "gradient norms smaller by the size of the batch"
    if seen.adaptive:
        expect += f"; {seen.optimizer or 'the optimizer'} divides that out and steps as before"
    return CodeLines(LOSS, code, expect)
