# nonfinite
# now and then a batch has every label at -100 (nothing to predict): the mean over zero active tokens is 0/0 = NaN, and it is back-propagated
# mended by: skipping batches without a single label
# cause words: -100 empty masked labels zero active
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
class TokenClassifier(nn.Module):
    def __init__(self, vocab=200, d=48, n_labels=5):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.lstm = nn.LSTM(d, d, batch_first=True)
        self.out = nn.Linear(d, n_labels)
    def forward(self, input_ids, labels=None):
        logits = self.out(self.lstm(self.emb(input_ids))[0])
        loss = None
        if labels is not None:
            per_token = F.cross_entropy(logits.view(-1, logits.size(-1)), labels.view(-1).clamp(min=0), reduction="none")
            active = (labels.view(-1) != -100).float()
            loss = (per_token * active).sum() / active.sum()
        return {"loss": loss, "logits": logits}
def make_batch(bs=8, T=16, p=0.02):
    ids = torch.randint(0, 200, (bs, T))
    tags = ids % 5
    keep = torch.rand(bs, T) < p               # only few words carry an annotation
    return {"input_ids": ids, "labels": torch.where(keep, tags, torch.full_like(tags, -100))}
model = TokenClassifier()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, 1400)
train_batches = [make_batch() for _ in range(700)]
model.train(); last = 0
for epoch in range(2):
    for step, batch in enumerate(train_batches):
        if FIX and (batch["labels"] != -100).sum() == 0:
            continue
        out = model(**batch)
        loss = out["loss"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(); scheduler.step(); optimizer.zero_grad()
        if step % 100 == 0:
            print({"epoch": epoch, "step": step, "loss": round(loss.item(), 4)})
model.eval()
ids = torch.randint(0, 200, (64, 16))
with torch.no_grad():
    acc = (model(ids)["logits"].argmax(-1) == ids % 5).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.4f}")
