# miswired output_cannot_change nonfinite oscillating_loss exploding_gradient not_learning
# The hand-written loop never clears the gradients, so every step uses the sum of all gradients so far: the loss swings and then blows up.
# mended by: Zero the gradients after each update.
import os
import torch

torch.manual_seed(6)
X = torch.rand(2000, 2) * 4 - 2
Y = torch.sin(2 * X[:, :1]) * torch.cos(X[:, 1:]) + 0.05 * torch.randn(2000, 1)


def init(fan_in, fan_out):
    w = torch.randn(fan_in, fan_out) * (1 / fan_in) ** 0.5
    return w.requires_grad_(), torch.zeros(fan_out, requires_grad=True)


w1, b1 = init(2, 64)
w2, b2 = init(64, 64)
w3, b3 = init(64, 1)
params = [w1, b1, w2, b2, w3, b3]


def forward(x):
    h = torch.tanh(x @ w1 + b1)
    h = torch.tanh(h @ w2 + b2)
    return h @ w3 + b3


lr = 0.03
for t in range(600):
    batch = torch.randint(0, 1800, (64,))
    loss = ((forward(X[batch]) - Y[batch]) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
        if os.environ.get('FIX'):
            for p in params:
                p.grad.zero_()
    if t % 50 == 0 or t == 599:
        with torch.no_grad():
            test = ((forward(X[1800:]) - Y[1800:]) ** 2).mean()
        print('iter %d  train %.4f  test %.4f  (variance %.4f)' % (t, loss.item(), test.item(), Y[1800:].var().item()))
