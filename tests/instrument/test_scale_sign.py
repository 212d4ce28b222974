"""Logarithms of scales with the wrong sign in a loss, and the many right forms."""

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence
from torch.nn import functional as F

from gradtui.autograd.scale_sign import AGREED, LOOKS, ScaleSign, wrong_scale
from gradtui.core.wiring import REVERSED_SCALE

N, WIDTH = 16, 4
Loss = Callable[[float], Tensor]
torch.manual_seed(0)
X, Y = torch.randn(N, WIDTH), torch.randn(N, WIDTH)


def wrong(loss: Tensor) -> bool:
    return bool(wrong_scale(loss.grad_fn))


def head() -> tuple[Tensor, Tensor]:
    """A mean and a logarithm."""
    net = nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, 2 * WIDTH))
    mean, log = net(X).chunk(2, 1)
    return mean, log


# --- Flows: `sign` of the log-determinant in the likelihood, 1 is right


class Coupling(nn.Module):
    def __init__(self, flip: bool, way: str) -> None:
        super().__init__()
        self.flip, self.way = flip, way
        self.net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 4))
        self.size = nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, 1)
        a, b = (b, a) if self.flip else (a, b)
        s, t = self.net(a).chunk(2, 1)
        if self.way == "exp":
            s = 2 * torch.tanh(s)
            b, log = b * s.exp() + t, s.sum(1)
        elif self.way == "sized":
            s = torch.tanh(s) * self.size
            b, log = b * s.exp() + t, s.sum(1)
        elif self.way == "inverse":
            b, log = (b - t) * torch.exp(-s), -s.sum(-1)
        elif self.way == "divided":
            b, log = (b - t) / s.exp(), -s.sum(-1)
        elif self.way == "softplus":
            scale = F.softplus(s) + 1e-3
            b, log = b * scale + t, scale.log().sum(1)
        elif self.way == "sigmoid":
            b, log = (b + t) * torch.sigmoid(s + 2), F.logsigmoid(s + 2).sum(1)
        else:
            scale = torch.sigmoid(s + 2)
            b, log = (b + t) * scale, torch.log(scale).sum(1)
        return torch.cat([b, a] if self.flip else [a, b], 1), log


FLOWS = ("exp", "sized", "inverse", "divided", "softplus", "log of sigmoid")


def flow(
    sign: float, way: str, *, base: str = "hand", layers: int = 4, mixed: bool = False
) -> Tensor:
    z, log = X, torch.zeros(N)
    for n in range(layers):
        z, more = Coupling(n % 2 == 1, way)(z)
        log = log + more
        if mixed:
            z = z[:, torch.randperm(WIDTH)]
    if base == "hand":
        logp = -0.5 * (z**2).sum(1) - math.log(2 * math.pi)
    elif base == "normal":
        logp = Normal(0.0, 1.0).log_prob(z).sum(1)
    elif base == "independent":
        logp = Independent(Normal(torch.zeros(WIDTH), torch.ones(WIDTH)), 1).log_prob(z)
    else:
        logp = MultivariateNormal(torch.zeros(WIDTH), torch.eye(WIDTH)).log_prob(z)
    return -(logp + sign * log).mean()


@pytest.mark.parametrize("base", ["hand", "normal", "independent", "multivariate"])
@pytest.mark.parametrize("way", FLOWS)
def test_couplings(way: str, base: str) -> None:
    assert not wrong(flow(1.0, way, base=base))
    assert wrong(flow(-1.0, way, base=base))
    assert wrong(flow(-1.0, way, base=base, mixed=True))
    assert wrong(-flow(-1.0, way, base=base))  # of an objective that is maximised
    assert not wrong(-flow(1.0, way, base=base))


def masked_flow(sign: float) -> Tensor:
    """As RealNVP is often written."""
    mask = torch.tensor([1.0, 0.0, 1.0, 0.0])
    net, shift = (nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh()) for _ in range(2))
    kept = mask * X
    s, t = net(kept) * (1 - mask), shift(kept) * (1 - mask)
    z = kept + (1 - mask) * (X - t) * torch.exp(-s)
    return -(Normal(0, 1).log_prob(z).sum(1) + sign * -s.sum(1)).mean()


def affine(sign: float) -> Tensor:
    """A normalisation with a learned scale (Glow)."""
    log, shift = nn.Parameter(torch.zeros(WIDTH)), nn.Parameter(torch.zeros(WIDTH))
    z = (X + shift) * log.exp()
    return 0.5 * z.square().sum(1).mean() - sign * log.sum()


def of_size(sign: float) -> Tensor:
    scale = nn.Parameter(torch.ones(WIDTH))
    return 0.5 * (X * scale + 1).square().sum(1).mean() - sign * scale.abs().log().sum()


def of_matrix(sign: float) -> Tensor:
    weight = nn.Parameter(torch.eye(WIDTH))
    return 0.5 * (X @ weight).square().sum(1).mean() - sign * torch.linalg.slogdet(weight)[1]


# --- Likelihoods with a learned spread


def variance(sign: float) -> Tensor:
    mean, log = head()
    return (0.5 * torch.exp(-log) * (Y - mean) ** 2 + sign * 0.5 * log).mean()


def variance_in_one(sign: float) -> Tensor:
    mean, log = head()
    return 0.5 * ((Y - mean).pow(2) * (-log).exp() + sign * log).sum(1).mean()


def divided(sign: float) -> Tensor:
    mean, log = head()
    return ((Y - mean) ** 2 / (2 * log.exp()) + sign * 0.5 * log).mean()


def deviation(sign: float) -> Tensor:
    mean, log = head()
    z = (Y - mean) / log.exp()
    return (0.5 * z * z + sign * log).sum(1).mean()


def logarithm_of_softplus(sign: float) -> Tensor:
    mean, raw = head()
    scale = F.softplus(raw) + 1e-4
    return (0.5 * ((Y - mean) / scale) ** 2 + sign * scale.log()).mean()


def one_for_all(sign: float) -> Tensor:
    mean, log = head()[0], nn.Parameter(torch.zeros(()))
    return 0.5 * F.mse_loss(mean, Y) * torch.exp(-log) + sign * 0.5 * log


def tasks(sign: float) -> Tensor:
    """Weights by uncertainty (Kendall et al., 2018)."""
    logs = nn.Parameter(torch.zeros(2))
    mean, scores = head()
    first, second = F.mse_loss(mean, Y), F.cross_entropy(scores, torch.randint(0, WIDTH, (N,)))
    return (-logs[0]).exp() * first + sign * logs[0] + (-logs[1]).exp() * second + sign * logs[1]


def laplace(sign: float) -> Tensor:
    mean, log = head()
    return ((Y - mean).abs() * (-log).exp() + sign * log).mean()


def masked(sign: float) -> Tensor:
    mean, log = head()
    mask = (torch.rand(N, WIDTH) < 0.6).float()
    each = 0.5 * (-log).exp() * (Y - mean) ** 2 + sign * 0.5 * log
    return (each * mask).sum() / mask.sum()


def clamped(sign: float) -> Tensor:
    mean, log = head()
    log = log.clamp(-6, 3)
    return (0.5 * torch.exp(-log) * (Y - mean) ** 2 + sign * 0.5 * log).mean()


def poisson(sign: float) -> Tensor:
    rate = head()[1]
    counts = torch.randint(0, 4, (N, WIDTH)).float()
    return (rate.exp() - sign * counts * rate).mean()


def autoencoder(sign: float) -> Tensor:
    mean, log = head()
    z = mean + (0.5 * log).exp() * torch.randn(N, WIDTH)
    error = F.mse_loss(nn.Linear(WIDTH, WIDTH)(z), X, reduction="sum") / N
    divergence = -0.5 * torch.sum(1 + log - mean.pow(2) - log.exp()) / N
    return error + sign * 0.3 * divergence


def autoencoder_of_bits(sign: float) -> Tensor:
    mean, log = head()
    posterior = Normal(mean, log.exp())
    decoded = nn.Linear(WIDTH, WIDTH)(posterior.rsample())
    error = F.binary_cross_entropy_with_logits(decoded, (X > 0).float(), reduction="none").sum(1)
    return (error + sign * kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)).mean()


LOSSES = (
    masked_flow,
    affine,
    of_size,
    of_matrix,
    variance,
    variance_in_one,
    divided,
    deviation,
    logarithm_of_softplus,
    one_for_all,
    tasks,
    laplace,
    masked,
    clamped,
    poisson,
)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_sign_alone_tells(loss: Loss) -> None:
    assert not wrong(loss(1.0))
    assert wrong(loss(-1.0))
    assert not wrong(-loss(1.0))
    assert wrong(-loss(-1.0))
    assert wrong(65536 * loss(-1.0) / 4)


@pytest.mark.parametrize("loss", [autoencoder, autoencoder_of_bits])
def test_a_divergence_by_the_sign_of_the_error_beside_it(loss: Loss) -> None:
    assert not wrong(loss(1.0))
    assert wrong(loss(-1.0))
    assert not wrong(-loss(1.0))
    assert not wrong(-loss(-1.0))  # an adversary's error may be made large


@given(
    mean=st.floats(0.01, 100),
    log=st.floats(0.2, 100),
    power=st.sampled_from((-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)),
    sign=st.sampled_from((-1.0, 1.0)),
    outer=st.floats(-10, 10).filter(lambda one: abs(one) > 1e-3),
)
def test_weights_and_exponents(
    mean: float, log: float, power: float, sign: float, outer: float
) -> None:
    centre, s = head()
    both = mean * (s * power).exp() * (Y - centre) ** 2 + sign * mean * log * power * s
    assert wrong(outer * both.mean()) == (sign > 0)


# --- What is no sign of anything


def ready_made() -> Tensor:
    mean, log = head()
    return F.gaussian_nll_loss(mean, Y, log.exp())


def log_prob() -> Tensor:
    mean, log = head()
    return -Normal(mean, log.exp()).log_prob(Y).mean()


def policy(sign: float = 1.0, bonus: float = 0.01, *, worth: Tensor | float = 1.0) -> Tensor:
    """Of actions, with an entropy."""
    mean, log = head()[0], nn.Parameter(torch.zeros(WIDTH))
    actions = Normal(mean, log.exp())
    return -(sign * worth * actions.log_prob(Y) + bonus * actions.entropy()).sum(1).mean()


def costs_beside_a_critic() -> Tensor:
    mean, log = head()
    cost = torch.rand(N, 1)
    loss = (Normal(mean, log.exp()).log_prob(Y) * cost).mean()
    return loss + F.mse_loss(nn.Linear(WIDTH, 1)(X), cost)


def mixed_worth() -> Tensor:
    return policy(worth=torch.randn(N, 1))


def faint_worth() -> Tensor:
    return policy(worth=0.001, bonus=0.1)


def squashed() -> Tensor:
    """Soft actor-critic: what is drawn goes through tanh (Haarnoja et al., 2018)."""
    mean, log = head()
    actions = Normal(mean, log.clamp(-5, 2).exp())
    drawn = actions.rsample()
    squash = torch.tanh(drawn)
    logs = (actions.log_prob(drawn) - torch.log(1 - squash**2 + 1e-6)).sum(1, keepdim=True)
    value = nn.Sequential(nn.Linear(WIDTH, 8), nn.ReLU(), nn.Linear(8, 1))(squash)
    return (0.2 * logs - value).mean()


def temperature() -> Tensor:
    log = nn.Parameter(torch.tensor(2.6))
    one, other = (F.normalize(part, dim=1) for part in head())
    return F.cross_entropy(log.exp() * one @ other.T, torch.arange(N))


def entropy_temperature() -> Tensor:
    log = nn.Parameter(torch.zeros(()))
    return -(log * torch.randn(N)).mean() + (log.exp() * head()[0].square()).mean()


def drawn_weights() -> Tensor:
    """log q - log p of drawn weights (Blundell et al., 2015)."""
    mean, raw = (nn.Parameter(torch.randn(WIDTH, 1)) for _ in range(2))
    q = Normal(mean, F.softplus(raw))
    weight = q.rsample()
    prior = Normal(0.0, 1.0).log_prob(weight).sum()
    return (q.log_prob(weight).sum() - prior) / N + F.mse_loss(X @ weight, Y[:, :1])


def posterior_flow() -> Tensor:
    """What is drawn by a flow costs -log p and is to be spread (Rezende and Mohamed, 2015)."""
    log, shift = nn.Parameter(torch.zeros(WIDTH)), nn.Parameter(torch.zeros(WIDTH))
    z = torch.randn(N, WIDTH) * log.exp() + shift
    return 0.5 * (z - 2).square().sum(1).mean() - log.sum()


def energies() -> Tensor:
    scores = head()[0]
    return scores[:8].mean() - scores[8:].mean() + 0.1 * scores.square().mean()


def small_penalty() -> Tensor:
    """Of a gain, by its logarithm."""
    log = nn.Parameter(torch.zeros(()))
    return F.mse_loss(log.exp() * head()[0], Y) + 1e-3 * log


def hinge() -> Tensor:
    """A logarithm that is never below 0."""
    mean, raw = head()
    over = F.relu(raw)
    return (over.exp() * (Y - mean) ** 2 + over).mean()


def logarithm_of_error() -> Tensor:
    error = F.mse_loss(head()[0], Y)
    return error + error.log()


def sparse() -> Tensor:
    """A penalty by log(|w| + eps) (Candes, Wakin and Boyd, 2008)."""
    weight = nn.Parameter(torch.randn(WIDTH, WIDTH))
    return F.mse_loss(X @ weight, Y) + 0.1 * (weight.abs() + 1e-2).log().sum()


def outliers() -> Tensor:
    """Made less likely by half of the batch."""
    mean, log = head()
    each = 0.5 * (-log).exp() * (Y - mean) ** 2 + 0.5 * log
    return each[:8].mean() - 0.1 * each[8:].mean()


def both_exponents() -> Tensor:
    s = head()[1]
    return (s.exp() + (-s).exp() + s).mean()


def used_elsewhere() -> Tensor:
    """Another way to the scale may hold it."""
    mean, log = head()
    return (0.5 * (-log).exp() * (Y - mean) ** 2 - 0.5 * log).mean() + log.square().mean()


def entries_used_elsewhere() -> Tensor:
    logs, error = nn.Parameter(torch.zeros(2)), head()[0].square().mean()
    return (-logs[0]).exp() * error - logs[0] + logs.square().sum()


def entry_used_elsewhere() -> Tensor:
    logs, error = nn.Parameter(torch.zeros(2)), head()[0].square().mean()
    return (-logs[0]).exp() * error - logs[0] + logs[0].tanh()


def bounded_rate() -> Tensor:
    """The information that an encoder may keep (capacity; Burgess et al., 2018)."""
    mean, log = head()
    rate = -0.5 * torch.sum(1 + log - mean.pow(2) - log.exp(), 1).mean()
    return F.mse_loss(nn.Linear(WIDTH, WIDTH)(mean), X) + 4 * (rate - 5).abs()


def divergence_alone() -> Tensor:
    """Maximised by itself, as of an adversary."""
    mean, log = head()
    return 0.5 * torch.sum(1 + log - mean.pow(2) - log.exp())


def mixture() -> Tensor:
    mean, log = head()
    logs = -0.5 * ((X[:, :1] - mean) * (-log).exp()) ** 2 - log
    return -logs.logsumexp(1).mean()


QUIET = (
    ready_made,
    log_prob,
    policy,
    costs_beside_a_critic,
    mixed_worth,
    faint_worth,
    squashed,
    temperature,
    entropy_temperature,
    drawn_weights,
    posterior_flow,
    energies,
    small_penalty,
    hinge,
    logarithm_of_error,
    sparse,
    outliers,
    both_exponents,
    used_elsewhere,
    entries_used_elsewhere,
    entry_used_elsewhere,
    bounded_rate,
    divergence_alone,
    mixture,
)


@pytest.mark.parametrize("loss", QUIET)
def test_right_losses(loss: Callable[[], Tensor]) -> None:
    assert not wrong(loss())
    assert not wrong(-loss())


def test_several_losses_have_to_agree() -> None:
    watch = ScaleSign()
    for n in range(AGREED):
        assert watch.told == ()
        assert not watch.done, n
        watch.look(variance(-1.0))
    assert [kind for kind, _ in watch.told] == [REVERSED_SCALE]
    watch = ScaleSign()
    for _ in range(LOOKS):
        watch.look(variance(1.0))
    assert watch.done
    assert watch.told == ()


def test_of_many_layers_not_much_is_read() -> None:
    deep = nn.Sequential(*[nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU()) for _ in range(400)])
    assert not wrong(F.mse_loss(deep(X), Y))
    assert wrong(flow(-1.0, "exp", layers=40))
