# nonfinite
# the conv front end downsamples time by 8, so some transcripts are longer than the frames left: CTC gives inf, its gradient NaN
# mended by: total stride of 2, so that every transcript fits into its frames
# cause words: ctc, length, stride, downsample, shorter, frames
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
N_CHARS, FEAT = 8, 16
CODES = torch.randn(N_CHARS + 1, FEAT)


class Utterances(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.items = []
        for i in range(n):
            length = int(torch.randint(3, 7, (1,), generator=g))
            if i % 97 == 50:  # a few fast speakers
                length = 12
            text = torch.randint(1, N_CHARS + 1, (length,), generator=g)
            frames = CODES[text].repeat_interleave(72 // length, 0)
            wav = torch.zeros(72, FEAT)
            wav[: len(frames)] = frames
            wav += 0.3 * torch.randn(72, FEAT, generator=g)
            self.items.append((wav, text))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    wavs, texts = zip(*batch)
    return torch.stack(wavs), torch.cat(texts), torch.tensor([len(t) for t in texts])


class Recogniser(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        s = (2, 1, 1) if FIX else (2, 2, 2)
        self.front = nn.Sequential(
            nn.Conv1d(FEAT, hidden, 5, stride=s[0], padding=2), nn.ReLU(),
            nn.Conv1d(hidden, hidden, 3, stride=s[1], padding=1), nn.ReLU(),
            nn.Conv1d(hidden, hidden, 3, stride=s[2], padding=1), nn.ReLU())
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, N_CHARS + 1)

    def forward(self, x):
        h = self.front(x.transpose(1, 2)).transpose(1, 2)
        return self.out(self.norm(h)).log_softmax(-1)


loader = DataLoader(Utterances(800, 0), 16, shuffle=True, collate_fn=collate)
model = Recogniser()
opt = torch.optim.AdamW(model.parameters(), lr=5e-3)
ctc = nn.CTCLoss(blank=0)
step = 0
for epoch in range(10):
    for wav, text, text_len in loader:
        logp = model(wav).transpose(0, 1)
        in_len = torch.full((wav.shape[0],), logp.shape[0])
        loss = ctc(logp, text, in_len, text_len)
        opt.zero_grad()
        loss.backward()
        opt.step()
        step += 1
    print(f"epoch {epoch} step {step} loss {loss.item():.3f}")

model.eval()
right = total = 0
with torch.no_grad():
    for wav, text, text_len in DataLoader(Utterances(100, 1), 20, collate_fn=collate):
        best = model(wav).argmax(-1)
        for row, ref in zip(best, text.split(text_len.tolist())):
            hyp = torch.unique_consecutive(row)
            right += int(hyp[hyp > 0].tolist() == torch.unique_consecutive(ref).tolist() or hyp[hyp > 0].tolist() == ref.tolist())
            total += 1
print(f"FINAL loss={loss.item():.4f} metric={right / total:.3f}")
