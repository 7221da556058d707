#!/usr/bin/env python3
"""Trains the ranking model on patients simulated from the knowledge base and writes ONNX + manifest + loss curves.

Usage: train.py CASES_DIR MODEL_DIR [--hidden 192] [--epochs 10] [--seed 20261124]
Needs PyPI numpy, onnx, onnxruntime (check), matplotlib (curves). One thread gives the same weights on every run of one machine.
"""
import argparse
import hashlib
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

args = argparse.ArgumentParser()
args.add_argument("cases")
args.add_argument("model")
args.add_argument("--hidden", type=int, default=192)
args.add_argument("--epochs", type=int, default=10)
args.add_argument("--batch", type=int, default=512)
args.add_argument("--rate", type=float, default=2e-3)
args.add_argument("--smooth", type=float, default=0.05)
args.add_argument("--drop", type=float, default=0.15, help="share of inputs blanked in training, on top of the simulator's missingness")
args.add_argument("--real-until-years", type=float, default=14, help="the real patients were younger than this")
args.add_argument("--seed", type=int, default=20261124)
args = args.parse_args()

source, target = pathlib.Path(args.cases), pathlib.Path(args.model)
features = (source / "features.txt").read_text(encoding="utf-8").split("\n")
labels = (source / "labels.txt").read_text(encoding="utf-8").split("\n")
version = (source / "version.txt").read_text(encoding="utf-8")
raw = np.fromfile(source / "cases.bin", dtype="<i2")

# Records -> compressed rows.
starts, label, cols, vals = [0], [], [], []
at = 0
while at < len(raw):
    n = int(raw[at + 1])
    label.append(int(raw[at]) & 0xFFFF)
    body = raw[at + 2 : at + 2 + 2 * n]
    cols.append(body[0::2].view("<u2"))
    vals.append(body[1::2].astype(np.float32) / 2)
    starts.append(starts[-1] + n)
    at += 2 + 2 * n
label = np.array(label)
starts = np.array(starts)
cols, vals = np.concatenate(cols).astype(np.int64), np.concatenate(vals)
count, width, classes = len(label), len(features), len(labels)
print(f"{count} cases, {width} inputs, {classes} conditions, {starts[-1] / count:.1f} inputs a case", flush=True)

real_file = source / "real.txt"
real_rows = int(real_file.read_text()) if real_file.exists() else 0
real_labels = sorted({labels[n] for n in label[count - real_rows :]})
print(f"{real_rows} of them from real patients, {len(real_labels)} conditions", flush=True)

rng = np.random.default_rng(args.seed)
order = rng.permutation(count)
held = order[: count // 20]
train = order[count // 20 :]


def dense(rows, drop=0.0):
    x = np.zeros((len(rows), width), np.float32)
    for n, row in enumerate(rows):
        a, b = starts[row], starts[row + 1]
        c, v = cols[a:b], vals[a:b]
        if drop:
            keep = rng.random(b - a) >= drop
            c, v = c[keep], v[keep]
        x[n, c] = v
    return x


def weights(n_in, n_out):
    return (rng.standard_normal((n_in, n_out)) * np.sqrt(2.0 / max(1, min(n_in, 60)))).astype(np.float32)


p = {"w1": weights(width, args.hidden), "b1": np.zeros(args.hidden, np.float32), "w2": weights(args.hidden, classes) * 0.5, "b2": np.zeros(classes, np.float32)}
m = {k: np.zeros_like(v) for k, v in p.items()}
s = {k: np.zeros_like(v) for k, v in p.items()}


def forward(x):
    h = np.maximum(x @ p["w1"] + p["b1"], 0)
    z = h @ p["w2"] + p["b2"]
    z -= z.max(1, keepdims=True)
    return h, z - np.log(np.exp(z).sum(1, keepdims=True))


def judge(rows):
    loss = hit1 = hit5 = 0.0
    for i in range(0, len(rows), 2048):
        part = rows[i : i + 2048]
        _, logp = forward(dense(part))
        y = label[part]
        loss -= logp[np.arange(len(part)), y].sum()
        top = np.argpartition(-logp, 5, axis=1)[:, :5]
        hit1 += (logp.argmax(1) == y).sum()
        hit5 += (top == y[:, None]).any(1).sum()
    return loss / len(rows), hit1 / len(rows), hit5 / len(rows)


step, curve = 0, []
total = args.epochs * (len(train) // args.batch)
for epoch in range(args.epochs):
    rng.shuffle(train)
    running = 0.0
    for i in range(0, len(train) - args.batch + 1, args.batch):
        part = train[i : i + args.batch]
        x, y = dense(part, args.drop), label[part]
        h, logp = forward(x)
        goal = np.full_like(logp, args.smooth / classes)
        goal[np.arange(len(part)), y] += 1 - args.smooth
        running -= logp[np.arange(len(part)), y].mean()
        dz = (np.exp(logp) - goal) / len(part)
        dh = (dz @ p["w2"].T) * (h > 0)
        grads = {"w2": h.T @ dz, "b2": dz.sum(0), "w1": x.T @ dh, "b1": dh.sum(0)}
        step += 1
        rate = args.rate * min(1.0, step / 200) * (0.5 * (1 + np.cos(np.pi * step / total)) * 0.97 + 0.03)
        for k, g in grads.items():
            m[k] += 0.1 * (g - m[k])
            s[k] += 0.001 * (g * g - s[k])
            p[k] -= rate * (m[k] / (1 - 0.9**step)) / (np.sqrt(s[k] / (1 - 0.999**step)) + 1e-8)
            if k[0] == "w":
                p[k] *= 1 - rate * 1e-3
    loss, hit1, hit5 = judge(held)
    curve.append((running / (len(train) // args.batch), loss, hit1, hit5))
    print(f"epoch {epoch + 1}: train {curve[-1][0]:.3f} held {loss:.3f} top1 {hit1:.3f} top5 {hit5:.3f}", flush=True)

target.mkdir(parents=True, exist_ok=True)
nodes = [
    helper.make_node("Gemm", ["x", "w1", "b1"], ["a1"]),
    helper.make_node("Relu", ["a1"], ["h1"]),
    helper.make_node("Gemm", ["h1", "w2", "b2"], ["logits"]),
]
graph = helper.make_graph(
    nodes,
    "ranker",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", width])],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", classes])],
    [numpy_helper.from_array(v, k) for k, v in p.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, producer_name="xinglin models/ranker/train/train.py")
onnx.checker.check_model(model)
data = model.SerializeToString()
(target / "model.onnx").write_bytes(data)

import onnxruntime  # noqa: E402

session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
sample = dense(held[:64])
got = session.run(None, {"x": sample})[0]
want = np.maximum(sample @ p["w1"] + p["b1"], 0) @ p["w2"] + p["b2"]
assert np.abs(got - want).max() < 1e-3, "ONNX differs from what was trained"

quote = lambda words: "[\n" + "".join(f'  "{w}",\n' for w in words) + "]"  # noqa: E731
(target / "manifest.toml").write_text(
    f'name = "ranker"\nfile = "model.onnx"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\ninput = "x"\noutput = "logits"\n'
    f'trained_on = "{version}"\ncases = {count}\nseed = {args.seed}\nfeatures = {quote(features)}\nlabels = {quote(labels)}\nreal = {quote(real_labels)}\nreal_until_years = {args.real_until_years:.1f}\n',
    encoding="utf-8",
)
(target / "curves.csv").write_text("epoch,train_loss,held_loss,held_top1,held_top5\n" + "".join(f"{n + 1},{a:.4f},{b:.4f},{c:.4f},{d:.4f}\n" for n, (a, b, c, d) in enumerate(curve)))

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
epochs = range(1, len(curve) + 1)
left.plot(epochs, [c[0] for c in curve], label="training (inputs dropped)")
left.plot(epochs, [c[1] for c in curve], label="held back")
left.set_xlabel("epoch")
left.set_ylabel("cross-entropy")
left.legend()
right.plot(epochs, [c[2] for c in curve], label="top-1")
right.plot(epochs, [c[3] for c in curve], label="top-5")
right.set_xlabel("epoch")
right.set_ylabel("share of held-back simulated cases")
right.legend()
figure.tight_layout()
figure.savefig(target / "curves.png", dpi=110)
