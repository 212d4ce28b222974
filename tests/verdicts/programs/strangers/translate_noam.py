# plateau not_learning
# The Noam schedule with 400 warmup steps is stepped once per epoch, so the learning rate stays near 5e-6.
# mended by: Call scheduler.step() after every optimizer step.
"""Sequence to sequence with nn.Transformer: sort the digits of a string."""
import os
import time

import torch
from torch import nn

PAD, BOS, EOS = 0, 1, 2
VOCAB = 13


class Seq2Seq(nn.Module):
    def __init__(self, d_model=64, nhead=4, layers=1):
        super().__init__()
        self.d_model = d_model
        self.src_tok = nn.Embedding(VOCAB, d_model)
        self.tgt_tok = nn.Embedding(VOCAB, d_model)
        self.src_pos = nn.Embedding(20, d_model)
        self.tgt_pos = nn.Embedding(20, d_model)
        self.transformer = nn.Transformer(d_model, nhead, layers, layers, 128, dropout=0.0, batch_first=True)
        self.generator = nn.Linear(d_model, VOCAB)

    def forward(self, src, tgt):
        s = self.src_tok(src) + self.src_pos(torch.arange(src.size(1)))
        t = self.tgt_tok(tgt) + self.tgt_pos(torch.arange(tgt.size(1)))
        causal = nn.Transformer.generate_square_subsequent_mask(tgt.size(1))
        return self.generator(self.transformer(s, t, tgt_mask=causal, tgt_is_causal=True))


def batches(n, size, length=8):
    for _ in range(n):
        src = torch.randint(3, VOCAB, (size, length))
        body = src.sort(dim=1).values
        bos = torch.full((size, 1), BOS)
        eos = torch.full((size, 1), EOS)
        yield src, torch.cat([bos, body], 1), torch.cat([body, eos], 1)


class NoamLambda:
    def __init__(self, d_model, warmup, factor):
        self.scale = factor * d_model**-0.5
        self.warmup = warmup

    def __call__(self, step):
        step = max(step, 1)
        return self.scale * min(step**-0.5, step * self.warmup**-1.5)


def run_epoch(model, optimizer, criterion, scheduler, n_batches):
    total, hits, count = 0.0, 0, 0
    for src, tgt_in, tgt_out in batches(n_batches, 16):
        optimizer.zero_grad()
        logits = model(src, tgt_in)
        loss = criterion(logits.reshape(-1, VOCAB), tgt_out.reshape(-1))
        loss.backward()
        optimizer.step()
        if os.environ.get("FIX") == "1":
            scheduler.step()
        total += loss.item()
        hits += (logits.argmax(-1) == tgt_out).sum().item()
        count += tgt_out.numel()
    return total / n_batches, hits / count


def main():
    torch.manual_seed(0)
    model = Seq2Seq()
    for p in model.parameters():
        if p.dim() > 1:
            nn.init.xavier_uniform_(p)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, NoamLambda(model.d_model, warmup=400, factor=0.3))
    for epoch in range(3):
        t0 = time.time()
        loss, acc = run_epoch(model, optimizer, criterion, scheduler, 60)
        if os.environ.get("FIX") != "1":
            scheduler.step()
        print(f"epoch {epoch}  loss {loss:.3f}  token acc {acc:.3f}  ({time.time() - t0:.1f}s)")


main()
