#!/usr/bin/python3
"""Train the Fashion-MNIST network of `make run` and export it as float ONNX.

Needs Debian's python3-torch, python3-onnx and dataset-fashion-mnist. Not part of `make run`: its result, models/fmnist.onnx, is committed.

    /usr/bin/python3 scripts/train_fmnist.py --out models/fmnist.onnx

Input "image" [N, 1, 28, 28], (pixel / 255 - MEAN) / STD; output "logits" [N, 10]; the file's metadata says so (keys of
host/model/metadata.h). Seeded; the last line is the float top-1.
"""
import argparse
import gzip
import json
import time

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

DATA = "/usr/share/datasets/fashion-mnist"
MEAN, STD = 0.2860, 0.3530
EXPECTED_TOP1 = 91.0
LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def load(part):
    """Images as normalized float [N, 1, 28, 28] and labels [N] of part 'train' or 't10k'."""
    with gzip.open(f"{DATA}/{part}-images-idx3-ubyte.gz") as f:
        pixels = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{DATA}/{part}-labels-idx1-ubyte.gz") as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8).astype(np.int64)
    images = (torch.from_numpy(pixels.copy()).float() / 255 - MEAN) / STD
    return images, torch.from_numpy(labels)


def conv(cin, cout, kernel, groups=1):
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel, padding=kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout))


class Net(nn.Module):
    """2.2 MMAC: plain, depthwise and pointwise convolutions, a residual add, max and global average pooling."""

    def __init__(self):
        super().__init__()
        self.conv1 = conv(1, 16, 3)
        self.conv2 = conv(16, 32, 3)
        self.depthwise = conv(32, 32, 3, groups=32)
        self.pointwise = conv(32, 32, 1)
        self.conv3 = conv(32, 64, 3)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x))
        x = F.relu(x + self.pointwise(F.relu(self.depthwise(x))))
        x = F.relu(self.conv3(F.max_pool2d(x, 2)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def top1(net, images, labels):
    net.eval()
    with torch.no_grad():
        hits = sum((net(x).argmax(1) == y).sum().item() for x, y in zip(images.split(1000), labels.split(1000)))
    return 100.0 * hits / len(labels)


def describe(path):
    """Writes into the file how a picture becomes its input, and the names of its classes."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {
        "exact8.preprocess": json.dumps({"size": [28, 28, 1], "mean": [MEAN], "std": [STD]}),
        "exact8.labels": json.dumps(LABELS)})
    onnx.save(model, path)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", required=True)
    ap.add_argument("--epochs", type=int, default=10)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()

    torch.manual_seed(args.seed)
    images, labels = load("train")
    test_images, test_labels = load("t10k")
    net = Net()
    batch = 128
    steps = args.epochs * (len(images) // batch)
    opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=8e-3, total_steps=steps, pct_start=0.25)
    start = time.time()
    for epoch in range(args.epochs):
        net.train()
        order = torch.randperm(len(images))
        for k in range(len(images) // batch):
            pick = order[k * batch:(k + 1) * batch]
            x, y = images[pick], labels[pick]
            if torch.rand(()) < 0.5:
                x = x.flip(3)
            loss = F.cross_entropy(net(x), y, label_smoothing=0.05)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
        print(f"epoch {epoch + 1}/{args.epochs}  loss {loss.item():.3f}  top-1 {top1(net, test_images, test_labels):.2f} %"
              f"  {time.time() - start:.0f} s", flush=True)
    score = top1(net, test_images, test_labels)
    if score < EXPECTED_TOP1:
        raise SystemExit(f"float top-1 {score:.2f} % is below {EXPECTED_TOP1} %: not written")
    torch.onnx.export(net, test_images[:1], args.out, opset_version=13, input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}})
    describe(args.out)
    print(f"float top-1 {score:.2f} %")


if __name__ == "__main__":
    main()
