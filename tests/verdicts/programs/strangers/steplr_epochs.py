# not_learning plateau
# scheduler.step() of a StepLR(step_size=5 epochs) is called after every batch: the learning rate is nil within the first epoch
# mended by: stepping the scheduler once per epoch
# cause words: scheduler StepLR learning-rate lr decay per-epoch
import os, torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
args = {"lr": 0.02, "gamma": 0.5, "step_size": 5, "epochs": 12, "batch_size": 50}
x = torch.rand(4000, 1, 14, 14)
cy, cx = torch.randint(2, 12, (4000,)), torch.randint(2, 12, (4000,))
for k in range(4000):
    x[k, 0, cy[k] - 1:cy[k] + 2, cx[k] - 1:cx[k] + 2] += 0.8
y = (cy // 7) * 2 + cx // 7                      # quadrant of the bright patch
full = TensorDataset((x - 0.5) / 0.3, y)
train_set, test_set = random_split(full, [3400, 600])
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3), nn.ReLU())
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(12 * 25, 64), nn.ReLU(), nn.Linear(64, 4))
    def forward(self, x): return self.classifier(self.features(x))
def train(model, loader, optimizer, scheduler, epoch):
    model.train()
    for i, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
        if not FIX:
            scheduler.step()
    if FIX:
        scheduler.step()
    print(f"Train epoch {epoch}: loss {loss.item():.4f}")
    return loss.item()
def test(model, loader):
    model.eval(); correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += (model(data).argmax(1) == target).sum().item()
    return correct / len(loader.dataset)
def main():
    tl, vl = DataLoader(train_set, args["batch_size"], shuffle=True), DataLoader(test_set, 200)
    model = Net()
    opt = torch.optim.SGD(model.parameters(), lr=args["lr"], momentum=0.5)
    sch = torch.optim.lr_scheduler.StepLR(opt, args["step_size"], args["gamma"])
    for e in range(args["epochs"]):
        l = train(model, tl, opt, sch, e)
    print(f"FINAL loss={l:.4f} metric={test(model, vl):.4f}")
main()
