"""Two nets that play against each other, and one has won."""

from gradtui.health.prescriptions.code import block
from gradtui.health.prescriptions.prescription import DATA, LOSS, OPTIMIZER, Lines
from gradtui.health.prescriptions.seen import Seen


def doubt(seen: Seen) -> Lines:
    """From log(1 - D) to -log D, of which the first alone is flat where D is near 0."""
    del seen
    code = block("""
        if loss < 0:  # the generator's mean of log(1 - D(fake)): flat where D is sure
            loss = -torch.log(-torch.expm1(loss))  # -log D(fake) in its place
        # a loss made of binary_cross_entropy(D(fake), ones) has this form already
    """)
    return Lines(LOSS, code, "gradients of the losing side back within the band")


def slower_other(seen: Seen) -> Lines:
    del seen
    code = block("""
        for group in optimizer.param_groups:  # optimizer: that of the side that wins
            group["lr"] /= 4
    """)
    return Lines(OPTIMIZER, code, "both losses moving, neither for good")


def noisy_other(seen: Seen) -> Lines:
    del seen
    code = block("""
        inputs = inputs + 0.1 * torch.randn_like(inputs)  # what it gets to judge, true and made
    """)
    return Lines(DATA, code, "a winning side whose loss no longer goes to nothing")
