# nonfinite
# advantages are normalised per minibatch with .std(); the rollout length varies, and now and then the last minibatch holds a single sample whose std is NaN
# mended by: skipping minibatches of fewer than two samples
# cause words: std single sample minibatch advantage normalis one
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4); torch.set_num_threads(1)

class Corridor:
    """walk to the side shown by the cue; an episode ends at a wall"""
    def reset(self):
        self.x, self.t = 0, 0
        self.goal = 1 if torch.rand(()) < 0.5 else -1
        return self.obs()
    def obs(self):
        return torch.tensor([self.x / 5, float(self.goal), self.t / 20])
    def step(self, a):
        a = 2 * a - 1
        if torch.rand(()) < 0.15: a = -a
        self.x += a; self.t += 1
        done = abs(self.x) >= 5 or self.t >= 20
        r = -0.02 + (float(self.x == 5 * self.goal) - float(self.x == -5 * self.goal))
        return self.obs(), r, done

actor = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 2))
critic = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam([{"params": actor.parameters(), "lr": 2e-3}, {"params": critic.parameters(), "lr": 4e-3}])
env, gamma, MB = Corridor(), 0.98, 32

def rollout(n_ep):
    O, A, R, L, rets = [], [], [], [], []
    for _ in range(n_ep):
        o, done, rew = env.reset(), False, []
        while not done:
            with torch.no_grad():
                logits = torch.nan_to_num(actor(o))
                d = torch.distributions.Categorical(logits=logits)
                a = d.sample()
            O.append(o); A.append(a); L.append(d.log_prob(a))
            o, r, done = env.step(int(a)); rew.append(r)
        g, back = 0.0, []
        for r in reversed(rew):
            g = r + gamma * g; back.append(g)
        R += back[::-1]; rets.append(sum(rew))
    return torch.stack(O), torch.stack(A), torch.tensor(R), torch.stack(L), sum(rets) / len(rets)

hist = []
for it in range(60):
    O, A, R, L, ret = rollout(9)
    hist.append(ret)
    for epoch in range(3):
        for idx in torch.randperm(len(O)).split(MB):
            if FIX and len(idx) < 2:
                continue
            v = critic(O[idx]).squeeze(-1)
            adv = R[idx] - v.detach()
            adv = (adv - adv.mean()) / (adv.std() + 1e-8)
            d = torch.distributions.Categorical(logits=actor(O[idx]), validate_args=False)
            ratio = (d.log_prob(A[idx]) - L[idx]).exp()
            pg = -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
            loss = pg + 0.5 * F.mse_loss(v, R[idx]) - 0.01 * d.entropy().mean()
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(actor.parameters(), 0.5)
            opt.step()
    if it % 5 == 0:
        print(f"iter {it} n {len(O)} return {ret:.3f} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-8:]) / 8:.4f}")
