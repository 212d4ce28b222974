"""What one loss leaves in the gradients of a net that another optimizer steps: by mistake, and on purpose."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD, Adam, Optimizer

from gradtui.core.event import Started
from gradtui.core.wiring import LEFT_OVER
from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

STEPS = 8


class Nets(NamedTuple):
    """`actor` proposes, `critic` judges."""

    actor: nn.Module
    critic: nn.Module
    steps_actor: Optimizer
    steps_critic: Optimizer

    def worth(self, x: Tensor) -> Tensor:
        return -self.critic(self.actor(x)).mean()

    def error(self, x: Tensor) -> Tensor:
        return F.mse_loss(self.critic(x), x[:, :1])


Train = Callable[[Nets, Tensor], None]


def told(train: Train) -> dict[str, str]:
    torch.manual_seed(0)
    actor = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 6))
    critic = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1, bias=False))
    nets = Nets(actor, critic, Adam(actor.parameters()), SGD(critic.parameters(), 0.01))
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append)
    for _ in range(STEPS):
        train(nets, torch.randn(16, 6))
    watcher.close()
    assert sink.log == []
    assert watcher._left_over._looks == {}  # nothing is kept
    return dict([e for e in sink.events if isinstance(e, Started)][-1].info.wiring)


def cleared_after(nets: Nets, x: Tensor) -> None:
    nets.error(x).backward()
    nets.steps_critic.step()
    nets.steps_critic.zero_grad()
    nets.worth(x).backward()
    nets.steps_actor.step()
    nets.steps_actor.zero_grad()


def clipped(nets: Nets, x: Tensor) -> None:
    """And zeroed in place, with a third optimizer between the two."""
    nets.error(x).backward()
    nn.utils.clip_grad_norm_(nets.critic.parameters(), 0.01)
    nets.steps_critic.step()
    nets.steps_critic.zero_grad(set_to_none=False)
    nets.steps_actor.zero_grad(set_to_none=False)
    nets.worth(x).backward()
    nets.steps_actor.step()


def both_after_both(nets: Nets, x: Tensor) -> None:
    nets.steps_actor.zero_grad()
    nets.steps_critic.zero_grad()
    nets.error(x).backward()
    (2 * nets.worth(x)).backward()
    nets.steps_critic.step()
    nets.steps_actor.step()


@pytest.mark.parametrize("train", [cleared_after, clipped, both_after_both])
def test_a_critic_steps_by_what_its_actor_left(train: Train) -> None:
    words = told(train)[LEFT_OVER]
    assert words.startswith("gradients of the 3 tensors of one SGD also hold")


def before_each(nets: Nets, x: Tensor) -> None:
    nets.steps_critic.zero_grad()
    nets.error(x).backward()
    nets.steps_critic.step()
    nets.steps_actor.zero_grad()
    nets.worth(x).backward()
    nets.steps_actor.step()


def two_tasks(nets: Nets, x: Tensor) -> None:
    """Both steps go by the sum of both losses, neither of which an answer without end would bring down."""
    nets.error(x).backward()
    F.mse_loss(nets.critic(nets.actor(x)), x[:, 1:2]).backward()
    nets.steps_critic.step()
    nets.steps_actor.step()
    nets.steps_critic.zero_grad()
    nets.steps_actor.zero_grad()


def scores(nets: Nets, x: Tensor) -> None:
    """A Wasserstein critic in two passes, of which the second goes on into the generator."""
    nets.steps_critic.zero_grad()
    nets.critic(x).mean().neg().backward()
    nets.critic(nets.actor(x)).mean().backward()
    nets.steps_critic.step()
    nets.steps_actor.zero_grad()
    nets.worth(x).backward()
    nets.steps_actor.step()


def penalised(nets: Nets, x: Tensor) -> None:
    """The same with a third pass, of a penalty."""
    nets.steps_critic.zero_grad()
    nets.critic(x).mean().neg().backward()
    nets.critic(nets.actor(x)).mean().backward()
    nets.critic(x).square().mean().backward()
    nets.steps_critic.step()
    nets.steps_actor.zero_grad()
    nets.worth(x).backward()
    nets.steps_actor.step()


def shared(nets: Nets, x: Tensor) -> None:
    """Two losses go through one net, which steps after the second, beside the head of that."""
    nets.error(x).backward()
    nets.steps_actor.step()
    nets.worth(x).backward()
    nets.steps_critic.step()
    nets.steps_actor.step()
    nets.steps_critic.zero_grad()
    nets.steps_actor.zero_grad()


def accumulated(nets: Nets, x: Tensor) -> None:
    """The actor's gradients add up over two batches, and the critic steps at each."""
    nets.steps_actor.zero_grad()
    for _ in range(2):
        nets.worth(x).backward()
        nets.steps_critic.zero_grad()
        nets.error(x).backward()
        nets.steps_critic.step()
    nets.steps_actor.step()


def frozen(nets: Nets, x: Tensor) -> None:
    nets.error(x).backward()
    nets.steps_critic.step()
    nets.steps_critic.zero_grad()
    nets.critic.requires_grad_(False)
    nets.worth(x).backward()
    nets.critic.requires_grad_(True)
    nets.steps_actor.step()
    nets.steps_actor.zero_grad()


def put_aside(nets: Nets, x: Tensor) -> None:
    """What the actor's loss left is taken out by hand."""
    nets.error(x).backward()
    nets.steps_critic.step()
    nets.steps_critic.zero_grad()
    held = [p.grad for p in nets.critic.parameters()]
    nets.worth(x).backward()
    for parameter, grad in zip(nets.critic.parameters(), held, strict=True):
        parameter.grad = grad
    nets.steps_actor.step()
    nets.steps_actor.zero_grad()


def never_cleared(nets: Nets, x: Tensor) -> None:
    """Another mistake."""
    nets.error(x).backward()
    nets.steps_critic.step()


@pytest.mark.parametrize(
    "train",
    [
        before_each,
        two_tasks,
        scores,
        penalised,
        shared,
        accumulated,
        frozen,
        put_aside,
        never_cleared,
    ],
    ids=lambda train: train.__name__,
)
def test_nothing_is_left_over(train: Train) -> None:
    assert LEFT_OVER not in told(train)
