# healthy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(51)
shapes = torch.randn(12, 1, 10, 10)


def images(classes, n):
    y = torch.randint(len(classes), (n,))
    return shapes[torch.tensor(classes)[y]] + 0.8 * torch.randn(n, 1, 10, 10), y


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.fc = nn.Linear(32 * 25, 64)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.fc(x.flatten(1)))


class Classifier(nn.Module):
    def __init__(self, backbone, k):
        super().__init__()
        self.backbone, self.head = backbone, nn.Linear(64, k)

    def forward(self, x):
        return self.head(self.backbone(x))


def loop(model, classes, opt, steps, tag):
    for s in range(1, steps + 1):
        x, y = images(classes, 48)
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if s % 40 == 0:
            xv, yv = images(classes, 500)
            model.eval()
            with torch.no_grad():
                acc = (model(xv).argmax(1) == yv).float().mean().item()
            model.train(tag == 'pretrain')
            print(f'{tag} {s} loss {loss.item():.4f} acc {acc:.3f}')


backbone = Backbone()
pre = Classifier(backbone, 8)
loop(pre, list(range(8)), torch.optim.Adam(pre.parameters(), 1e-3), 80, 'pretrain')
for p in backbone.parameters():
    p.requires_grad = False
clf = Classifier(backbone, 4).eval()
loop(clf, [8, 9, 10, 11], torch.optim.SGD(clf.head.parameters(), lr=0.02, momentum=0.9), 240, 'finetune')
