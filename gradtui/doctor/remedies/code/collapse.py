"""Losses that fall while what they are to keep apart becomes one."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import MODEL, OPERATION
from gradtui.doctor.remedy import CodeLines, Remedy


def annealed_divergence(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def evidence_bound(outputs, inputs, mean, log_variance, weight):  # weight: from 0 up to 1
            # the error summed over an example, as the divergence is
            error = (outputs - inputs).square().flatten(1).sum(1)
            variance = log_variance.exp()
            divergence = 0.5 * (mean.square() + variance - log_variance - 1).flatten(1).sum(1)
            return (error + weight * divergence).mean()
    """)
    return CodeLines(OPERATION, code, "latent means that differ from example to example")


def pairs_of_examples(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def same_class(labels):  # [n] -> [n, n]: each label beside each, not beside itself
            return labels.view(-1, 1) == labels.view(1, -1)
    """)
    return CodeLines(OPERATION, code, "pairs that are not alike, and outputs that keep apart")


def order_of_triplets(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def triplets(outputs, labels):  # [n, features], [n]: any of the same class, any of another
            alike = labels.view(-1, 1) == labels.view(1, -1)
            alone = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
            known = (alike & ~alone).any(1) & ~alike.all(1)  # of the others there is none of a kind
            positive = torch.multinomial((alike & ~alone)[known].float(), 1)[:, 0]
            negative = torch.multinomial((~alike)[known].float(), 1)[:, 0]
            return outputs[known], outputs[positive], outputs[negative]  # as triplet_margin_loss takes them
    """)
    return CodeLines(OPERATION, code, "a loss that falls below its margin")


def entropy_taken_off(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def policy_loss(log_probs, advantages, entropy, weight=0.01):
            return -(log_probs * advantages.detach()).mean() - weight * entropy.mean()
    """)
    return CodeLines(OPERATION, code, "an entropy that falls slowly, and rewards that grow")


def group_norms(seen: ProgramSeen) -> CodeLines:
    """In place of each BatchNorm, and over all channels."""
    del seen
    code = block("""
        for name, module in list(model.named_modules()):
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                model.set_submodule(name, torch.nn.GroupNorm(1, module.num_features))
            elif isinstance(module, torch.nn.GroupNorm):
                module.num_groups = 1
    """)
    return CodeLines(MODEL, code, "a loss that jumps less, and comes down")


ANNEALED_DIVERGENCE = Remedy(
    id="annealed_divergence",
    text=(
        "sum the reconstruction error over an example as the divergence is, or let the divergence's weight "
        "grow from 0"
    ),
    code=annealed_divergence,
    source=("Bowman et al., 2016, arXiv:1511.06349"),
)
ORDER_OF_TRIPLETS = Remedy(
    id="order_of_triplets",
    text=("hand over anchor, positive and negative in this order, drawn at random by their labels"),
    code=order_of_triplets,
    source=("Schroff et al., 2015, arXiv:1503.03832, section 3.2"),
)
PAIRS_OF_EXAMPLES = Remedy(
    id="pairs_of_examples",
    text=(
        "check which pairs the loss takes for alike: each example beside each other one, and some that "
        "are to lie apart"
    ),
    code=pairs_of_examples,
    source=("Hadsell, Chopra and LeCun, 2006, doi:10.1109/CVPR.2006.100"),
)
ENTROPY_TAKEN_OFF = Remedy(
    id="entropy_taken_off",
    text=("take the entropy off the loss in place of adding it"),
    code=entropy_taken_off,
    source=("Mnih et al., 2016, arXiv:1602.01783"),
)
GROUP_NORMS = Remedy(
    id="group_norms",
    text=(
        "normalise over more values: a larger batch, fewer groups, or GroupNorm over all channels"
    ),
    code=group_norms,
    source=("Wu and He, 2018, arXiv:1803.08494"),
)
