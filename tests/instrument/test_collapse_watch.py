"""Latent units, and outputs that are compared, read off graphs; what is told of them, and when."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from gradtui.autograd.compared_outputs import spread, spread_of_compared
from gradtui.autograd.latent_units import ACTIVE, LatentUnits, latent_units
from gradtui.autograd.layer_outputs import readable
from gradtui.core.event import Started
from gradtui.core.wiring import COLLAPSED_OUTPUT, UNUSED_LATENT
from gradtui.instrument import collapse_watch
from gradtui.instrument.collapse_watch import CollapseWatch
from tests.instrument.kept import Kept

N, UNITS = 64, 6


def seen(loss: Tensor) -> tuple[Any, Any]:
    found = readable(loss)
    assert found is not None
    return found


class Autoencoder(nn.Module):
    """Its latent means have a variance of their own choice."""

    def __init__(self, deviations: list[float]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder, self.decoder = nn.Linear(UNITS, 2 * UNITS), nn.Linear(UNITS, UNITS)
        with torch.no_grad():
            self.encoder.weight.zero_()
            self.encoder.weight[:UNITS] = torch.diag(torch.tensor(deviations))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, wide = self.encoder(x).chunk(2, -1)
        return mean, wide


def by_formula(net: Autoencoder, x: Tensor) -> Tensor:
    mean, wide = net(x)
    z = mean + torch.randn_like(mean) * (0.5 * wide).exp()
    return F.mse_loss(net.decoder(z), x) - 0.5 * (1 + wide - mean**2 - wide.exp()).sum(1).mean()


def by_product(net: Autoencoder, x: Tensor) -> Tensor:
    mean, wide = net(x)
    z = (0.5 * wide).exp() * torch.randn_like(mean) + mean
    return F.mse_loss(net.decoder(z), x) - 0.5 * (1 + wide - mean * mean - wide.exp()).mean()


def by_distributions(net: Autoencoder, x: Tensor) -> Tensor:
    mean, wide = net(x)
    posterior = Normal(mean, F.softplus(wide))
    prior = Normal(torch.zeros(UNITS), torch.ones(UNITS))
    return F.mse_loss(net.decoder(posterior.rsample()), x) + kl_divergence(posterior, prior).mean()


@pytest.mark.parametrize("loss", [by_formula, by_product, by_distributions])
@pytest.mark.parametrize("active", [0, 2, 6])
def test_units_whose_means_vary_are_active(
    loss: Callable[[Autoencoder, Tensor], Tensor], active: int
) -> None:
    root = ACTIVE**0.5
    net = Autoencoder([2 * root] * active + [root / 2] * (UNITS - active))
    x = torch.randn(N, UNITS)
    x = (x - x.mean(0)) / x.std(0)
    assert latent_units(*seen(loss(net, x))) == LatentUnits(active, UNITS)


def test_noise_elsewhere_is_no_latent() -> None:
    x = torch.randn(N, UNITS)
    net = nn.Sequential(nn.Linear(UNITS, 8), nn.Tanh(), nn.Linear(8, UNITS))
    assert latent_units(*seen(F.mse_loss(net(x + torch.randn_like(x)), x))) is None
    weight, wide = nn.Parameter(torch.zeros(UNITS, UNITS)), nn.Parameter(torch.zeros(UNITS, UNITS))
    drawn = weight + wide.exp() * torch.randn(UNITS, UNITS)  # a layer of uncertain weights
    assert latent_units(*seen((x @ drawn).pow(2).mean() + weight.pow(2).sum())) is None


def test_what_a_policy_draws_is_no_latent() -> None:
    torch.manual_seed(0)
    policy, value = nn.Linear(UNITS, 2 * UNITS), nn.Linear(UNITS, 1)

    def drawn() -> tuple[Tensor, Tensor, Tensor]:
        mean, wide = policy(torch.randn(N, UNITS)).chunk(2, -1)
        raw = mean + wide.exp() * torch.randn_like(mean)
        return mean, raw, Normal(mean, wide.exp()).log_prob(raw).sum(1)

    mean, raw, likelihood = drawn()
    small = mean.pow(2).sum(1)
    by_value = (likelihood - value(torch.tanh(raw))[:, 0] + small).mean()
    assert latent_units(*seen(by_value)) is None
    assert spread_of_compared(*seen(by_value)) is None
    mean, raw, likelihood = drawn()
    reward = -(torch.tanh(raw) - 0.3).pow(2).sum(1)
    by_reward = (likelihood - reward + mean.pow(2).sum(1)).mean()
    assert latent_units(*seen(by_reward)) is None
    assert spread_of_compared(*seen(by_reward)) is None


@pytest.mark.parametrize("kind", ["by hand", "of bits by hand", "absolute"])
def test_what_is_decoded_and_held_against_data_is_one(kind: str) -> None:
    net, x = Autoencoder([1.0] * UNITS), torch.rand(N, UNITS)
    mean, wide = net(x)
    out = net.decoder(mean + (0.5 * wide).exp() * torch.randn_like(mean))
    error = {
        "by hand": lambda: (x - out).pow(2).sum(1).mean(),
        "of bits by hand": lambda: -(x * out.sigmoid().log()).sum(1).mean(),
        "absolute": lambda: (out - x).abs().mean(),
    }[kind]()
    assert latent_units(*seen(error + mean.pow(2).mean())) is not None


def net_of(outputs: int = 8) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(UNITS, 16), nn.ReLU(), nn.Linear(16, outputs))


def known(net: nn.Sequential, x: Tensor) -> float:
    unit = F.normalize(net(x).detach().double(), dim=1)
    return float((1 - unit.mean(0).square().sum()).sqrt())


SHUFFLED = torch.arange(N).flip(0)
COMPARISONS: dict[str, Callable[[nn.Sequential, Tensor], Tensor]] = {
    "differences": lambda net, x: (net(x)[:, None] - net(x)[None]).pow(2).sum(-1).mean(),
    "cdist": lambda net, x: torch.cdist(z := net(x), z).mean(),
    "products": lambda net, x: (F.normalize(z := net(x)) @ F.normalize(z).t()).logsumexp(1).mean(),
    "triplets": lambda net, x: F.triplet_margin_loss(net(x), net(x + 0.1), net(x.flip(0))),
    "a shuffled batch": lambda net, x: ((z := net(x)) - z[SHUFFLED]).pow(2).sum(-1).mean(),
    "two halves": lambda net, x: ((z := net(x))[: N // 2] * z[N // 2 :]).sum(-1).mean(),
    "cosines": lambda net, x: F.cosine_embedding_loss(net(x), net(x + 1), torch.ones(N)),
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_the_spread_of_outputs_that_are_compared(name: str) -> None:
    net, x = net_of(), torch.randn(N, UNITS)
    found = spread_of_compared(*seen(COMPARISONS[name](net, x)))
    wanted = [known(net, x), known(net, x + 0.1), known(net, x + 1), known(net, x.flip(0))]
    assert found is not None
    assert min(abs(found - one) for one in wanted) < 1e-5


def test_of_views_that_predict_one_another_it_is_that_of_what_is_predicted() -> None:
    net, one, other = net_of(), torch.randn(N, UNITS), torch.randn(N, UNITS)
    predictor = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 8))
    z, w = net(one), net(other)
    loss = -(F.cosine_similarity(predictor(z), w) + F.cosine_similarity(predictor(w), z)).mean()
    found = spread_of_compared(*seen(loss))
    assert found is not None
    assert min(abs(found - known(net, x)) for x in (one, other)) < 1e-5
    # Held against a copy that no gradient goes to, or against what it was made of itself, it is none of that.
    z = net(one)
    for loss in (F.mse_loss(predictor(z), w.detach()), F.mse_loss(predictor(z), z)):
        assert spread_of_compared(*seen(loss)) is None


def test_outputs_that_meet_targets_or_one_another_by_the_way_are_not_compared() -> None:
    net, x = net_of(), torch.randn(N, UNITS)
    actor, critic = nn.Linear(8, 4), nn.Linear(8, 1)
    losses = [
        F.mse_loss(net(x), torch.randn(N, 8)),
        (net(x) - torch.randn(N, 8)).pow(2).mean(),
        F.cross_entropy(net(x), torch.arange(N) % 8),
        (actor(net(x)).logsumexp(1) * (1 - critic(net(x)).squeeze())).mean(),
        F.mse_loss(nn.Linear(8, 3)(net(x) @ net(x).t() @ torch.randn(N, 8)), torch.zeros(N, 3)),
    ]
    assert [spread_of_compared(*seen(loss)) for loss in losses] == [None] * len(losses)


def test_spread_of_known_places() -> None:
    assert spread(torch.ones(N, 4)) == pytest.approx(0, abs=1e-7)
    corners = torch.cat([torch.eye(4), -torch.eye(4)]).repeat(4, 1)
    assert spread(3 * corners) == pytest.approx(1)
    assert spread(torch.ones(4, 4)) is None
    assert spread(torch.ones(N, 2)) is None


class Looks:
    """A watch that is told what it sees."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.watch, self.latent, self.spread = CollapseWatch(), None, None
        monkeypatch.setattr(collapse_watch, "latent_units", lambda *_: self.latent)
        monkeypatch.setattr(collapse_watch, "spread_of_compared", lambda *_: self.spread)

    def told(self, step: int, latent: int | None = None, spread: float | None = None) -> list[str]:
        self.latent = None if latent is None else LatentUnits(latent, 4)  # type: ignore[assignment]
        self.spread = spread  # type: ignore[assignment]
        self.watch.look(None, [], step)  # type: ignore[arg-type]
        return [kind for kind, _ in self.watch.told]


def test_a_latent_that_is_not_used_is_told_after_a_while_and_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = Looks(monkeypatch)
    assert [looks.told(step, latent=0) for step in (0, 50, 149)] == [[]] * 3
    assert looks.told(150, latent=0) == [UNUSED_LATENT]
    words = looks.watch.told
    assert looks.told(160, latent=0) == [UNUSED_LATENT]
    assert looks.watch.told == words  # news is told once
    assert looks.told(170, latent=1) == []
    assert looks.told(330, latent=0) == []


def test_outputs_count_as_collapsed_beside_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks(monkeypatch)
    assert [looks.told(step, spread=0.9) for step in (0, 1, 2)] == [[]] * 3
    assert [looks.told(step, spread=0.2) for step in (10, 109)] == [[]] * 2
    assert looks.told(110, spread=0.2) == [COLLAPSED_OUTPUT]
    close = Looks(monkeypatch)
    for step in range(0, 300, 10):
        assert close.told(step, spread=0.1) == []  # so they were from the start


def test_a_program_whose_latent_is_not_used_is_told(kept: Kept) -> None:
    net, x = Autoencoder([0.0] * UNITS), torch.randn(N, UNITS)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
    for _ in range(180):
        optimizer.zero_grad()
        by_formula(net, x).backward()
        optimizer.step()
    last = [one for one in kept.events if isinstance(one, Started)][-1]
    assert [kind for kind, _ in last.info.wiring] == [UNUSED_LATENT]
