"""What the first steps show to be put together wrongly is the cause of what comes of it, and nothing
where nothing does."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from gradtui.core import wiring as W
from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.finding import Diagnosis
from tests.verdicts.watched import record

BATCHES = 8


def net() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(20, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 5)
    )


def accumulating(seed: int, *, divided: bool, lr: float = 0.4) -> None:
    model, answers = net(), torch.randn(20, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9)
    for _ in range(80):
        optimizer.zero_grad()
        for _ in range(BATCHES):
            x = torch.randn(16, 20)
            loss = F.cross_entropy(model(x), (x @ answers).argmax(1))
            (loss / BATCHES if divided else loss).backward()
        optimizer.step()


def clipping(seed: int, *, unscaled: bool, adam: bool = False) -> None:
    model, answers = net(), torch.randn(20, 5)
    kind = torch.optim.AdamW if adam else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=1e-3 if adam else 0.1)
    scaler = torch.amp.GradScaler("cpu")
    for _ in range(120):
        x = torch.randn(32, 20)
        loss = F.cross_entropy(model(x), (x @ answers).argmax(1))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        if unscaled:
            scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()


def said(program: Callable[..., None], **how: float) -> tuple[Diagnosis, dict[str, str]]:
    history = record(lambda seed: program(seed, **how), 0)
    return diagnose(history.facts()), dict(history.info.wiring)


def test_losses_that_are_not_divided_make_steps_too_long() -> None:
    sick, wiring = said(accumulating, divided=False)
    assert f"called {BATCHES} times a step" in wiring[W.UNDIVIDED]
    assert not sick.healthy
    assert wiring[W.UNDIVIDED] in sick.findings[0].cause
    assert sick.findings[0].remedies[0].id == "divide_losses"
    assert len(sick.findings[0].remedies) > 1  # the learning rate may be what is wrong after all
    well, wiring = said(accumulating, divided=True, lr=0.1)
    assert wiring == {}
    assert well.healthy


def test_where_the_learning_rate_makes_up_for_it_nothing_is_said() -> None:
    well, wiring = said(accumulating, divided=False, lr=0.01)
    assert W.UNDIVIDED in wiring
    assert (well.healthy, well.notes) == (True, ())


def test_clipping_before_gradients_are_unscaled_leaves_nothing() -> None:
    sick, _ = said(clipping, unscaled=False)
    (finding,) = sick.findings
    assert finding.symptom == "clipping_dominates"
    assert "still multiplied by the loss scale" in finding.cause
    assert [remedy.id for remedy in finding.remedies] == ["clip_unscaled"]
    well, wiring = said(clipping, unscaled=True)
    assert (well.healthy, wiring) == (True, {})
    adam, _ = said(clipping, unscaled=False, adam=True)  # which divides by the gradient's size
    assert adam.healthy
    assert "odd wiring: gradients are clipped while they are still multiplied" in adam.notes[0]


def test_answers_that_become_the_same_later_are_not_said_to_be_so_from_the_start() -> None:
    def program(seed: int) -> None:
        model = net()
        optimizer = torch.optim.SGD(model.parameters(), 0.01)
        for step in range(40):
            x = torch.randn(16, 20) * (step < 2)
            optimizer.zero_grad()
            F.cross_entropy(model(x), torch.randint(0, 5, (16,))).backward()
            optimizer.step()

    _, wiring = said(program)
    assert wiring == {}


def test_targets_that_a_net_makes_for_itself_and_that_run_away() -> None:
    def program(seed: int, discount: float) -> None:
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
        optimizer = torch.optim.Adam(model.parameters(), 3e-3)
        for _ in range(600):
            now, then = torch.randn(2, 32, 8).unbind()
            targets = 0.1 + discount * model(then).detach().mean()
            optimizer.zero_grad()
            F.mse_loss(model(now).squeeze(1), targets.expand(32)).backward()
            optimizer.step()

    sick, wiring = said(program, discount=1.5)
    assert "targets have grown from" in wiring[W.GROWING_TARGETS]
    assert sick.verdict == "exploding_gradient"
    assert wiring[W.GROWING_TARGETS] in sick.findings[0].cause
    assert sick.findings[0].remedies[0].id == "held_targets"
    well, wiring = said(program, discount=0.5)
    assert well.healthy
    assert wiring == {}


def test_triplets_in_the_wrong_order_stay_at_the_margin() -> None:
    classes = torch.randn(10, 16, generator=torch.Generator().manual_seed(5))

    def program(seed: int, right: bool) -> None:
        model = nn.Sequential(nn.Linear(16, 48), nn.ReLU(), nn.Linear(48, 8))
        optimizer = torch.optim.Adam(model.parameters(), 1e-3)
        for _ in range(500):
            kind = torch.randint(0, 10, (64,))
            other = (kind + torch.randint(1, 10, (64,))) % 10
            given = [model(classes[of] + 0.7 * torch.randn(64, 16)) for of in (kind, kind, other)]
            anchor, positive, negative = given if right else (given[0], given[2], given[1])
            optimizer.zero_grad()
            F.triplet_margin_loss(anchor, positive, negative).backward()
            optimizer.step()

    sick, wiring = said(program, right=False)
    assert wiring[W.MARGIN] == "to tell nothing apart costs 1, the margin"
    (finding,) = sick.findings
    assert finding.symptom == "not_learning"
    assert "the margin" in finding.evidence
    assert finding.remedies[0].id == "order_of_triplets"
    well, _ = said(program, right=True)
    assert well.healthy
