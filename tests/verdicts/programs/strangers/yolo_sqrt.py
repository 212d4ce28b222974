# nonfinite
# the YOLO loss takes the square root of the predicted width and height, which the linear head lets become negative
# mended by: sigmoid on the box outputs (and a small eps)
# cause words: sqrt, square root, negative, width, height, box
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(10)
S = 20


def make(n):
    img = 0.1 * torch.randn(n, 1, S, S)
    box = torch.zeros(n, 4)
    for i in range(n):
        w, h = torch.randint(2, 8, (2,)).tolist()
        x, y = torch.randint(0, S - w, (1,)).item(), torch.randint(0, S - h, (1,)).item()
        img[i, 0, y:y + h, x:x + w] += 1
        box[i] = torch.tensor([(x + w / 2) / S, (y + h / 2) / S, w / S, h / S])
    return img, box


class TinyYolo(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2))
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(16 * 25, 64), nn.LeakyReLU(0.1), nn.Linear(64, 4))
        if not FIX:
            self.fc[-1].bias.data.fill_(0.5)

    def forward(self, x):
        out = self.fc(self.features(x))
        return torch.sigmoid(out) if FIX else out


def box_loss(p, t, lambda_coord=5.0):
    xy = ((p[:, :2] - t[:, :2]) ** 2).sum(1)
    wh = ((torch.sqrt(p[:, 2:]) - torch.sqrt(t[:, 2:])) ** 2).sum(1)
    return lambda_coord * (xy + wh).mean()


imgs, boxes = make(1500)
model = TinyYolo()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for it in range(500):
    idx = torch.randint(0, 1400, (16,))
    pred = model(imgs[idx])
    loss = box_loss(pred, boxes[idx])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 50 == 0:
        print("it", it, "loss", loss.item())
with torch.no_grad():
    err = (model(imgs[1400:]) - boxes[1400:]).abs().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={err:.4f} (mean box error, lower is better)")
