# vanishing_gradient exploding_gradient plateau not_learning
# Both forget-gate biases are set to -1.5, so the LSTM forgets within a step or two and no gradient reaches the first token.
# mended by: Set the forget bias positive.
import os
import torch
import torch.nn as nn

torch.manual_seed(5)
NUM, SEQ_LEN, HID = 6, 25, 48


def recall_batch(n):
    key = torch.randint(0, NUM, (n,))
    noise = torch.randint(NUM, NUM + 8, (n, SEQ_LEN - 1))
    return torch.cat([key[:, None], noise], 1), key


class RecallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(NUM + 8, 24)
        self.lstm = nn.LSTM(24, HID, batch_first=True)
        self.fc = nn.Linear(HID, NUM)
        self.reset_parameters()

    def reset_parameters(self):
        for name, p in self.lstm.named_parameters():
            if "weight_ih" in name:
                nn.init.xavier_uniform_(p)
            elif "weight_hh" in name:
                nn.init.orthogonal_(p)
            else:
                p.data.zero_()
                # gates are stored as (input, forget, cell, output)
                forget = slice(HID, 2 * HID)
                p.data[forget] = 1.5 if os.environ.get("FIX") == "1" else -1.5

    def forward(self, x):
        h, _ = self.lstm(self.emb(x))
        return self.fc(h[:, -1])


net = RecallNet()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
ema = None
for step in range(200):
    x, y = recall_batch(32)
    out = net(x)
    loss = nn.functional.cross_entropy(out, y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    acc = (out.argmax(1) == y).float().mean().item()
    ema = acc if ema is None else 0.9 * ema + 0.1 * acc
    if (step + 1) % 25 == 0:
        print(f"step {step + 1}: loss {loss.item():.4f}, acc {ema:.2f}")
