"""Terms of losses that train something else than they are meant to, or nothing."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import MODEL, OPERATION
from gradtui.doctor.remedy import CodeLines, Remedy


def held_weights(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def weighed(losses, log_variances):  # a parameter with as many elements as there are losses
            return sum((-s).exp() * loss + s for loss, s in zip(losses, log_variances, strict=True))
    """)
    return CodeLines(OPERATION, code, "a loss that may go below zero, and tasks that are learned")


def advantage_of_each(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def policy_loss(log_probs, returns, values):  # as many numbers each, in whatever shape
            returns, values = returns.flatten(), values.flatten()
            advantages = (returns - values).detach()
            return -(log_probs.flatten() * advantages).mean() + 0.5 * (returns - values).square().mean()
    """)
    return CodeLines(OPERATION, code, "rewards that grow")


def old_probabilities(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def policy_loss(log_probs, old_log_probs, advantages, clip=0.2):  # old: of the rollout
            ratio = (log_probs - old_log_probs.detach()).exp()
            clipped = ratio.clamp(1 - clip, 1 + clip)
            return -torch.minimum(ratio * advantages, clipped * advantages).mean()
    """)
    return CodeLines(
        OPERATION, code, "a gradient at the policy, and ratios that leave 1 after a step"
    )


def held_targets(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def targets_of(rewards, next_values, ended, discount=0.99):  # next_values: of a copy that lags behind
            return rewards + discount * (1 - ended.float()) * next_values.detach()
    """)
    return CodeLines(OPERATION, code, "targets of at most the largest reward over 1 - discount")


def create_graph(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def derivative(outputs, inputs):  # also of a derivative; the inputs require a gradient
            seeds = torch.ones_like(outputs)
            return torch.autograd.grad(outputs, inputs, seeds, create_graph=True)[0]
    """)
    return CodeLines(OPERATION, code, "a term that comes down as well")


def weighed_experts(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def mixed(scores, outputs, top=2):  # of the router [n, experts]; of the experts [n, experts, ...]
            chosen, which = scores.softmax(-1).topk(min(top, scores.shape[-1]), dim=-1)
            gates = torch.zeros_like(scores).scatter(-1, which, chosen / chosen.sum(-1, keepdim=True))
            return torch.einsum("ne,ne...->n...", gates, outputs)
    """)
    return CodeLines(OPERATION, code, "a gradient at the router")


def smaller_bonus(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def policy_loss(log_probs, advantages, entropy, weight=0.01):
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
            return -(log_probs * advantages.detach()).mean() - weight * entropy.mean()
    """)
    return CodeLines(OPERATION, code, "an entropy that falls slowly, and rewards that grow")


def larger_branches(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        with torch.no_grad():  # scales and gates of branches; one that is a number in the code is set there
            for name, one in [*model.named_parameters(), *model.named_buffers()]:
                tiny = one.is_floating_point() and one.dim() < 2 and 0 < one.abs().max() < 0.01
                if tiny and "bias" not in name:
                    one.fill_(1.0)
    """)
    return CodeLines(MODEL, code, "gradients of one size in all layers, and a lower loss")


def advantage_sign(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def policy_loss(log_probs, returns, values):  # what turns out better than expected: more of it
            advantages = (returns - values).detach()
            return -(log_probs * advantages).mean() + 0.5 * (returns - values).square().mean()
    """)
    return CodeLines(OPERATION, code, "rewards that grow")


def returns_to_come(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def returns_to_come(rewards, discount=0.99):  # from the last step back to the first
            out, total = [], 0.0
            for reward in reversed(rewards):
                total = reward + discount * total
                out.insert(0, total)
            return out
    """)
    return CodeLines(OPERATION, code, "rewards that grow")


def reference_of_its_own(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        import copy

        reference = copy.deepcopy(model).requires_grad_(False).eval()  # not the model itself
    """)
    return CodeLines(MODEL, code, "a loss that is another one after each step")


def scaled_scores(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def attention(q, k, v):  # [..., queries, width], [..., keys, width], [..., keys, width]
            scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
            return scores.softmax(-1) @ v
    """)
    return CodeLines(OPERATION, code, "gradients at what makes the scores")


def scale_sign(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def normal_nll(targets, means, log_sigmas):  # minus the log-density, but for a constant
            return (0.5 * ((targets - means) * (-log_sigmas).exp()).square() + log_sigmas).sum(-1).mean()

        def flow_nll(z, log_det):  # [n, width] of a standard normal; [n] of log|dz/dx|
            return (0.5 * z.square().sum(-1) - log_det).mean()

        def divergence(means, log_variances):  # from a standard normal prior: added to the error
            return 0.5 * (means.square() + log_variances.exp() - log_variances - 1).sum(-1).mean()
    """)
    return CodeLines(
        OPERATION, code, "a loss that comes to rest, and scales that neither vanish nor grow"
    )


def attention_dim(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def attention(q, k, v, mask=None):  # [..., queries, width], [..., keys, width] twice; True: attends
            scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
            if mask is not None:
                scores = scores.masked_fill(~mask.bool(), float("-inf"))
            return scores.softmax(-1) @ v  # over the keys, which the product with v sums over
    """)
    return CodeLines(OPERATION, code, "weights whose sum is 1 for each query, and a lower loss")


def terms_of_one_size(seen: ProgramSeen) -> CodeLines:
    del seen
    code = block("""
        def in_units(targets, centre, spread):  # of the large term: both of the whole training set
            return (targets - centre) / spread  # an answer in the old units is: answer * spread + centre
    """)
    return CodeLines(OPERATION, code, "terms of one size, and all of them on their way down")


OLD_PROBABILITIES = Remedy(
    id="old_probabilities",
    text=(
        "keep the log-probabilities of actions from when they were drawn, as numbers (no_grad() or "
        "detach()), and compare later ones with these"
    ),
    code=old_probabilities,
    source=("Schulman et al., 2017, arXiv:1707.06347"),
)
HELD_WEIGHTS = Remedy(
    id="held_weights",
    text=("add to the loss what holds its learned weights: exp(-s) * loss + s"),
    code=held_weights,
    source=("Kendall, Gal and Cipolla, 2018, arXiv:1705.07115"),
)
ADVANTAGE_OF_EACH = Remedy(
    id="advantage_of_each",
    text=("give log-probabilities, returns and values one shape before they meet"),
    code=advantage_of_each,
    source=("Williams, 1992, doi:10.1007/BF00992696"),
)
HELD_TARGETS = Remedy(
    id="held_targets",
    text=(
        "make targets with a discount below 1, nothing after the end, and a copy of the net that lags behind"
    ),
    code=held_targets,
    source=("Mnih et al., 2015, Nature 518, 529-533"),
)
CREATE_GRAPH = Remedy(
    id="create_graph",
    text=("take derivatives that are part of the loss with create_graph=True, and detach none"),
    code=create_graph,
    source=("Raissi, Perdikaris and Karniadakis, 2019, doi:10.1016/j.jcp.2018.10.045"),
)
WEIGHED_EXPERTS = Remedy(
    id="weighed_experts",
    text=("multiply what the chosen experts give by the router's own probabilities"),
    code=weighed_experts,
    source=("Shazeer et al., 2017, arXiv:1701.06538"),
)
LARGER_BRANCHES = Remedy(
    id="larger_branches",
    text=("find what the outputs of these layers are multiplied by, and bring it near 1"),
    code=larger_branches,
    source=("Touvron et al., 2021, arXiv:2103.17239"),
)
SMALLER_BONUS = Remedy(
    id="smaller_bonus",
    text=("weigh the entropy by a hundredth, and the advantages to a deviation of 1"),
    code=smaller_bonus,
    source=("Mnih et al., 2016, arXiv:1602.01783"),
)
TERMS_OF_ONE_SIZE = Remedy(
    id="terms_of_one_size",
    text=(
        "bring the terms of the loss to one size: scale the targets of the large one, or weigh it"
    ),
    code=terms_of_one_size,
    source=("Chen et al., 2018, arXiv:1711.02257"),
)
ADVANTAGE_SIGN = Remedy(
    id="advantage_sign",
    text=(
        "take returns minus values as advantages, and minus log-probabilities times these as the loss"
    ),
    code=advantage_sign,
    source=("Mnih et al., 2016, arXiv:1602.01783"),
)
RETURNS_TO_COME = Remedy(
    id="returns_to_come",
    text=("pay each action for the rewards that follow it, added up from the end of the episode"),
    code=returns_to_come,
    source=("Sutton and Barto, 2018, section 13.3"),
)
REFERENCE_OF_ITS_OWN = Remedy(
    id="reference_of_its_own",
    text=("compare with a copy of the model that no step changes, not with the model itself"),
    code=reference_of_its_own,
    source=("Rafailov et al., 2023, arXiv:2305.18290"),
)
SCALED_SCORES = Remedy(
    id="scaled_scores",
    text=("divide the scores by the root of their width before the softmax"),
    code=scaled_scores,
    source=("Vaswani et al., 2017, arXiv:1706.03762"),
)
SCALE_SIGN = Remedy(
    id="scale_sign",
    text=(
        "add the logarithm of a deviation to its squared error, take a log-determinant off that of what it "
        "scales, and add a divergence to the error beside it"
    ),
    code=scale_sign,
    source=("Dinh, Sohl-Dickstein and Bengio, 2017, arXiv:1605.08803"),
)
SOFTMAX_OVER_KEYS = Remedy(
    id="attention_dim",
    text=(
        "take the softmax of an attention over the dimension that its product with the values sums over"
    ),
    code=attention_dim,
    source=("Vaswani et al., 2017, arXiv:1706.03762"),
)
