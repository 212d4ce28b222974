# miswired plateau not_learning
# The sampling-time log-probs are taken from the same graph and not detached, so ratio = exp(logp - logp_old) has derivative exactly zero: the policy term gives no gradient at all.
# mended by: detaching old_logp (ratio = exp(logp - logp_old.detach()))
# cause words: detach, ratio, zero gradient, old log-prob, cancels, policy, plateau, surrogate
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
VOC, T, GROUP, PROMPTS = 10, 5, 8, 24
class Writer(nn.Module):
    """writes T digits one after another, given a prompt digit"""
    def __init__(self, d=64):
        super().__init__()
        self.prompt, self.tok = nn.Embedding(VOC, d), nn.Embedding(VOC + 1, d)
        self.cell, self.head = nn.GRUCell(d, d), nn.Linear(d, VOC)
    def generate(self, prompt):
        h = self.prompt(prompt)
        prev = torch.full_like(prompt, VOC)
        toks, logps, ents = [], [], []
        for _ in range(T):
            h = self.cell(self.tok(prev), h)
            dist = torch.distributions.Categorical(logits=self.head(h))
            prev = dist.sample()
            toks.append(prev); logps.append(dist.log_prob(prev)); ents.append(dist.entropy())
        return torch.stack(toks, 1), torch.stack(logps, 1), torch.stack(ents, 1)
def reward(prompt, toks):
    """digits should count upwards from the prompt (mod 10); partial credit per position"""
    want = (prompt[:, None] + torch.arange(1, T + 1)) % VOC
    return (toks == want).float().mean(1)
policy = Writer()
opt = torch.optim.AdamW(policy.parameters(), lr=3e-3, weight_decay=0.0)
clip_eps, ent_coef = 0.2, 0.002
history = []
for it in range(600):
    prompt = torch.randint(0, VOC, (PROMPTS,)).repeat_interleave(GROUP)
    toks, logp, ent = policy.generate(prompt)
    old_logp = logp.detach() if FIX else logp
    r = reward(prompt, toks).view(PROMPTS, GROUP)
    adv = ((r - r.mean(1, keepdim=True)) / (r.std(1, keepdim=True) + 1e-4)).view(-1, 1)
    ratio = torch.exp(logp - old_logp)
    surr = torch.min(ratio * adv, ratio.clamp(1 - clip_eps, 1 + clip_eps) * adv)
    loss = -surr.mean() - ent_coef * ent.mean()
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    opt.step()
    history.append(r.mean().item())
    if it % 60 == 0:
        print(f"it {it} loss {loss.item():+.4f} reward {sum(history[-20:]) / len(history[-20:]):.3f} ent {ent.mean().item():.3f}")
with torch.no_grad():
    prompt = torch.arange(VOC).repeat(40)
    toks, _, _ = policy.generate(prompt)
    m = reward(prompt, toks).mean().item()
print(f"FINAL loss={1 - m:.4f} metric={m:.4f}")
