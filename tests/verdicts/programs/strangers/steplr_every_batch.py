# plateau not_learning
# StepLR(step_size=5 epochs, gamma 0.5) is stepped after every batch: after a hundred batches the learning rate is practically zero
# mended by: scheduler.step() once per epoch
# cause words: scheduler learning rate lr batch epoch decay
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
X = torch.randn(5000, 20)
Wt = torch.randn(20, 5)
Y = (torch.tanh(X @ torch.randn(20, 20) / 5) @ Wt).argmax(1)
train = DataLoader(TensorDataset(X[:4000], Y[:4000]), batch_size=40, shuffle=True)


class Trainer:
    def __init__(self, model, lr=0.02, epochs=20):
        self.model, self.epochs = model, epochs
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)
        self.sched = torch.optim.lr_scheduler.StepLR(self.opt, step_size=5, gamma=0.5)
        self.last = None

    def training_step(self, batch):
        x, y = batch
        return F.cross_entropy(self.model(x), y)

    def fit(self, loader):
        for epoch in range(self.epochs):
            tot = 0.0
            for batch in loader:
                self.opt.zero_grad()
                loss = self.training_step(batch)
                loss.backward()
                self.opt.step()
                if not FIX:
                    self.sched.step()
                tot += loss.item() / len(loader)
            if FIX:
                self.sched.step()
            self.last = tot
            if epoch % 4 == 0:
                print(f"epoch {epoch} loss {tot:.4f}")


model = nn.Sequential(nn.Linear(20, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 5))
trainer = Trainer(model)
trainer.fit(train)
with torch.no_grad():
    acc = (model(X[4000:]).argmax(1) == Y[4000:]).float().mean()
print(f"FINAL loss={trainer.last:.4f} metric={acc:.3f}")
