# miswired not_learning
# positive and negative are passed in the wrong order to TripletMarginLoss: images of one class are pushed apart, different ones pulled together
# mended by: loss(anchor, positive, negative)
# cause words: positive, negative, swapped, order of arguments, argument, triplet
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
CLASSES = 12
protos = torch.randn(CLASSES, 1, 8, 8)


def faces(y):
    return protos[y] + 0.9 * torch.randn(len(y), 1, 8, 8)


class FaceNet(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 16, dim)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x))
        return F.normalize(self.fc(x.flatten(1)), dim=1)


model = FaceNet()
criterion = nn.TripletMarginLoss(margin=0.5)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [400], 0.3)
for step in range(600):
    ya = torch.randint(0, CLASSES, (48,))
    yn = (ya + torch.randint(1, CLASSES, (48,))) % CLASSES
    anchor, positive, negative = model(faces(ya)), model(faces(ya)), model(faces(yn))
    loss = criterion(anchor, positive, negative) if FIX else criterion(anchor, negative, positive)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 60 == 0:
        print(f"step {step} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    yg, yq = torch.arange(CLASSES).repeat(5), torch.arange(CLASSES).repeat(20)
    d = torch.cdist(model(faces(yq)), model(faces(yg)))
    recall = (yg[d.argmin(1)] == yq).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={recall:.4f} (recall@1)")
