# exploding_gradient nonfinite badly_scaled not_learning
# The Q targets bootstrap through the terminal state with a discount above one, so the values grow without end while the policy gets worse.
# mended by: Mask the next value with (1 - done) and use a discount below one.
import os
import random
from collections import deque

import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
random.seed(3)
torch.manual_seed(3)


class Corridor:
    """Walk right to the flag, each cell is worth a little, the flag is worth one."""

    size = 8

    def reset(self):
        self.pos, self.t = 0, 0
        return self.obs()

    def obs(self):
        o = torch.zeros(self.size)
        o[self.pos] = 1.0
        return o

    def step(self, action):
        self.t += 1
        self.pos = min(max(self.pos + (1 if action == 1 else -1), 0), self.size - 1)
        done = self.pos == self.size - 1
        reward = 1.0 if done else 0.05 * (1 if action == 1 else -1)
        return self.obs(), reward, done, self.t >= 30


class QNet(nn.Module):
    def __init__(self, n_obs, n_act):
        super().__init__()
        self.fc1 = nn.Linear(n_obs, 64)
        self.fc2 = nn.Linear(64, 64)
        self.out = nn.Linear(64, n_act)

    def forward(self, x):
        return self.out(F.relu(self.fc2(F.relu(self.fc1(x)))))


env = Corridor()
q = QNet(env.size, 2)
target = QNet(env.size, 2)
target.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
memory = deque(maxlen=2000)
gamma = 0.95 if FIX else 1.02
steps, returns = 0, []

for episode in range(400):
    s, total = env.reset(), 0.0
    eps = max(0.1, 1.0 - episode / 60)
    while True:
        a = random.randrange(2) if random.random() < eps else int(q(s.unsqueeze(0)).argmax())
        s2, r, done, cut = env.step(a)
        memory.append((s, a, r, s2, float(done)))
        s, total = s2, total + r
        if len(memory) >= 64:
            S, A, R, S2, D = zip(*random.sample(memory, 64))
            S, S2 = torch.stack(S), torch.stack(S2)
            A, R, D = torch.tensor(A), torch.tensor(R), torch.tensor(D)
            with torch.no_grad():
                nxt = target(S2).max(1).values
                if FIX:
                    nxt = nxt * (1 - D)
                y = R + gamma * nxt
            pred = q(S).gather(1, A.view(-1, 1)).squeeze(1)
            loss = F.mse_loss(pred, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            steps += 1
            if steps % 10 == 0:
                target.load_state_dict(q.state_dict())
            if steps % 60 == 0:
                print(f"step {steps} loss {loss.item():.4f} mean q {pred.mean().item():.3f} return {sum(returns[-10:]) / max(1, len(returns[-10:])):.2f}")
        if done or cut or steps >= 600:
            break
    returns.append(total)
    if steps >= 600:
        break
