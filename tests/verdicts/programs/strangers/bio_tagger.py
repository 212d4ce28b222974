# not_learning plateau miswired output_cannot_change
# The scores are transposed to (batch, tags, time) and then flattened with reshape(-1, tags), so rows of scores do not belong to their targets.
# mended by: Give CrossEntropyLoss the (batch, tags, time) scores or flatten without transposing.
"""BiGRU tagger, one label for each token."""
import os
import torch
import torch.nn as nn
import torch.optim as optim

N_WORDS, N_TAGS, MAXLEN = 60, 6, 12


class Tagger(nn.Module):
    def __init__(self, vocab, tags, emb=32, hid=32):
        super().__init__()
        self.word_embeds = nn.Embedding(vocab, emb)
        self.gru = nn.GRU(emb, hid, bidirectional=True, batch_first=True)
        self.hidden2tag = nn.Linear(2 * hid, tags)

    def forward(self, sentence):
        feats, _ = self.gru(self.word_embeds(sentence))
        return self.hidden2tag(feats)


def sentences(n):
    words = torch.randint(0, N_WORDS, (n, MAXLEN))
    prev = torch.roll(words, 1, dims=1)
    prev[:, 0] = 0
    tags = (words // 20) + 3 * (prev % 2)
    return words, tags


torch.manual_seed(17)
model = Tagger(N_WORDS, N_TAGS)
loss_function = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.005)

for epoch in range(4):
    total = correct = 0
    for _ in range(50):
        words, tags = sentences(24)
        model.zero_grad()
        tag_scores = model(words)
        if os.environ.get("FIX") == "1":
            loss = loss_function(tag_scores.transpose(1, 2), tags)
        else:
            loss = loss_function(tag_scores.transpose(1, 2).reshape(-1, N_TAGS), tags.view(-1))
        loss.backward()
        optimizer.step()
        total += loss.item()
        correct += (tag_scores.argmax(-1) == tags).float().mean().item()
    print("epoch %d loss %.4f token accuracy %.3f" % (epoch, total / 50, correct / 50))
