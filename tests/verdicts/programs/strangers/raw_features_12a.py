# saturated
# the features (age, income, year, balance) go unscaled into a tanh network: nearly all hidden units sit at +1 or -1
# mended by: standardising the inputs
# cause words: unscaled normalise standardise scaling inputs features normalize
import os, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)
def load_customers(n):
    age = 18 + 60 * torch.rand(n)
    income = 20000 + 60000 * torch.rand(n)
    year = 1990 + 30 * torch.rand(n)
    balance = 5000 * torch.randn(n)
    z = torch.stack([(age - 48) / 17, (income - 50000) / 17000, (year - 2005) / 8.6, balance / 5000], 1)
    churn = ((z[:, 0] * z[:, 2] + z[:, 1] + 0.5 * z[:, 3]) > 0).float()
    return torch.stack([age, income, year, balance], 1), churn
X, y = load_customers(4000)
if FIX:
    X = (X - X.mean(0)) / X.std(0)
class ChurnNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.fc1 = nn.Linear(n_features, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 1)
    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x).squeeze(1)
loader = DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=64, shuffle=True)
model = ChurnNet(4)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(20):
    model.train(); losses = []
    for xb, yb in loader:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 4:
        print("epoch", epoch, "loss", sum(losses) / len(losses))
model.eval()
with torch.no_grad():
    acc = ((model(X[3200:]) > 0).float() == y[3200:]).float().mean().item()
print(f"FINAL loss={sum(losses) / len(losses):.4f} metric={acc:.4f}")
