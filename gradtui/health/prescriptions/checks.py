"""Lines that look: what to change only whoever reads their answer can say."""

from gradtui.health.prescriptions.code import block
from gradtui.health.prescriptions.prescription import DATA, LOSS, MODEL, OPTIMIZER, Lines
from gradtui.health.prescriptions.seen import Seen


def watch_module(seen: Seen) -> Lines:
    """The range of what goes into the module that the finding names."""
    names = tuple(name for name in seen.finding.layers if name)[:1]
    chosen = f"[model.get_submodule({names[0]!r})]" if names else "list(model.modules())"
    code = block("""
        def look(module, given, output):
            for value in (*given, output):
                if isinstance(value, torch.Tensor) and value.is_floating_point():
                    low, high = value.detach().aminmax()
                    print(type(module).__name__, tuple(value.shape), low.item(), high.item())


        for module in {chosen}:
            module.register_forward_hook(look)
    """).replace("{chosen}", chosen)
    return Lines(
        MODEL,
        code,
        "inputs that are zero or below where a log, a root or a division follows, or one far off",
        changes=False,
    )


def anomaly(seen: Seen) -> Lines:
    del seen
    code = "torch.autograd.set_detect_anomaly(True)  # slow: while looking only"
    return Lines(
        MODEL,
        code,
        "an error that names the line of the forward pass whose slope is NaN: add an eps there",
        changes=False,
    )


def finite_examples(seen: Seen) -> Lines:
    del seen
    code = block("""
        whole = torch.isfinite(inputs.float()).reshape(len(inputs), -1).all(dim=1)
        whole &= torch.isfinite(targets.float()).reshape(len(targets), -1).all(dim=1)
        print("examples left out:", int((~whole).sum()))
        inputs, targets = inputs[whole], targets[whole]
    """)
    return Lines(DATA, code, "no NaN from the data; count how many examples are left out")


def one_batch(seen: Seen) -> Lines:
    """A net that cannot learn eight samples by heart has wrong wiring, not too little time."""
    del seen
    code = block("""
        import copy

        few, wanted = inputs[:8], targets[:8]
        print("labels:", wanted.unique().tolist()[:20], "inputs:", few.min().item(), few.max().item())
        print("samples differ:", bool((few[0] != few[1:]).any()))
        trial = copy.deepcopy(model)
        adam = torch.optim.Adam(trial.parameters(), lr=1e-3)
        for step in range(300):
            adam.zero_grad()
            error = torch.nn.functional.cross_entropy(trial(few), wanted)  # or your loss
            error.backward()
            adam.step()
        print("loss on 8 samples after 300 steps:", error.item())
    """)
    return Lines(
        OPTIMIZER,
        code,
        "a loss near 0: the net can learn, so look at which label goes with which input",
        changes=False,
    )


def output_and_loss(seen: Seen) -> Lines:
    """For a single output a loss that can change; else what the output looks like."""
    if seen.answers == 1:
        code = block("""
            answers = model(inputs).reshape(targets.shape)  # no softmax: of one value it is 1
            loss = torch.nn.functional.binary_cross_entropy_with_logits(answers, targets.float())
        """)
        return Lines(LOSS, code, "gradients above zero at every layer, and a loss that falls")
    code = block("""
        answers = model(inputs)
        print("output:", tuple(answers.shape), "differs:", bool((answers != answers[0]).any()))
    """)
    return Lines(LOSS, code, "an output that differs from sample to sample", changes=False)


def loss_depends(seen: Seen) -> Lines:
    del seen
    code = block("""
        print("loss:", loss.grad_fn)
        weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
        grads = torch.autograd.grad(
            loss, list(weights.values()), retain_graph=True, allow_unused=True
        )
        for name, grad in zip(weights, grads):
            print(name, "unused" if grad is None else grad.norm().item())
    """)
    return Lines(
        LOSS,
        code,
        "a norm for each: unused ones are cut off by a detach, an argmax or a cast to integers",
        changes=False,
    )
