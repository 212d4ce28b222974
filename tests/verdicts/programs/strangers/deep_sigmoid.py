# vanishing_gradient
# ten sigmoid layers in a row with small normal(0, 0.1) weights: the gradient shrinks with each layer and the lower layers do not learn
# mended by: relu and He initialisation
# cause words: sigmoid depth deep activation layers small
import os, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
HIDDEN = [64] * 10
class MLP(nn.Module):
    def __init__(self, n_in, n_out, hidden):
        super().__init__()
        dims = [n_in] + hidden
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(dims, dims[1:]))
        self.out = nn.Linear(dims[-1], n_out)
        self.act = nn.ReLU() if FIX else nn.Sigmoid()
        self.apply(self.init_weights)
    @staticmethod
    def init_weights(m):
        if isinstance(m, nn.Linear):
            if FIX:
                nn.init.kaiming_normal_(m.weight)
            else:
                nn.init.normal_(m.weight, 0, 0.1)
            nn.init.zeros_(m.bias)
    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
        return self.out(x)
x = torch.randn(4000, 20)
w = torch.randn(20, 5)
y = (x @ w).argmax(1)
train_loader = DataLoader(TensorDataset(x[:3500], y[:3500]), batch_size=64, shuffle=True)
model = MLP(20, 5, HIDDEN)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for epoch in range(10):
    model.train(); running = 0.0
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch + 1}/10 loss {running / len(train_loader):.4f}")
model.eval()
with torch.no_grad():
    acc = (model(x[3500:]).argmax(1) == y[3500:]).float().mean().item()
print(f"FINAL loss={running / len(train_loader):.4f} metric={acc:.4f}")
