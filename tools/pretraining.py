#!/usr/bin/env python3
"""Does pretraining by masked reconstruction help? The trunk of `taxonova train` with and without it, out of fold.

    taxonova taxonomy show transients --json > tree.json
    taxonova taxonomy map transients.parquet -t transients --json > labels.json
    taxonova features transients.parquet -o whole.csv
    for d in 3 7 14 30 60 120; do taxonova features transients.parquet --asof $d -o age$d.csv; done
    pretraining.py transients.parquet tree.json labels.json whole.csv age{3,7,14,30,60,120}.csv --labels 0.1:100 --labels 0.3:60 --labels 1:40 -o OUT

Pretraining reads the features of all light curves of the nine training folds at all ages, labelled or not: a random part of a row's values is
set to 0 (the median, as what is missing), and hidden layers and a linear decoder guess them (Huber loss on the masked values alone).
The head starts anew in either case. `--labels` is the share of the training labels that is kept for the fit that follows (an object
without its label is still pretrained on), and the epochs of that fit. The fit is as in `src/train` but for the cut versions, which are
those of the tables, and without early stopping: weighted hierarchical cross-entropy, AdamW, a cosine, running averages, posteriors.

Writes OUT/SHARE-plain.csv and OUT/SHARE-pretrained.csv (object_id, five_class, fold, seed1, seed2, ...: the five-class answers, as
tools/paired.py reads them) and prints the scores of each seed. Needs numpy, pandas, pyarrow and scikit-learn;
set OPENBLAS_NUM_THREADS=1 for one processor.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from sklearn.metrics import f1_score, roc_auc_score

FIVE = ["SN Ia", "SN II", "SN IIn", "SLSN-I", "SN Ibc"]
HIDDEN = [256, 128, 64]
BATCH, RATE, DECAY, DROPOUT, WHOLE = 128, 2e-3, 0.02, 0.3, 0.5
KNOTS, MAX_SCORE = 24, 2.5
ARMS = ["plain", "pretrained"]


class Tree:
    """Slots in pre-order without the root, their sibling groups, and the path of every label."""

    def __init__(self, tree, labels, alpha=0.5, beta=0.5):
        nodes = json.loads(Path(tree).read_text())["nodes"][1:]
        self.names = [n["name"] for n in nodes]
        at = {n: i for i, n in enumerate(self.names)}
        self.parent = [at.get(n["parent"], -1) for n in nodes]
        self.groups = [[i for i, p in enumerate(self.parent) if p == q] for q in sorted(set(self.parent))]
        self.rate = np.exp(-alpha * np.array([n["depth"] for n in nodes]))
        self.beta = beta
        residual = {n["parent"]: at[n["name"]] for n in nodes if n["residual"]}
        self.ends, self.paths = {}, {}
        for row in json.loads(Path(labels).read_text())["labels"]:
            if row["node"] not in at:
                continue
            self.ends[row["label"]] = slot = residual.get(row["node"], at[row["node"]])
            path = [slot]
            while self.parent[path[-1]] >= 0:
                path.append(self.parent[path[-1]])
            self.paths[row["label"]] = path

    def targets(self, labels):
        """[objects, slots] factors W lambda on each label's path, and W of every slot."""
        on = np.zeros((len(labels), len(self.names)), np.float32)
        for i, label in enumerate(labels):
            on[i, self.paths[label]] = 1
        below = on.sum(0)
        kinds = len({self.ends[label] for label in labels})
        w = np.where(below > 0, (len(labels) / (kinds * np.maximum(below, 1))) ** self.beta, 0)
        return on * (w * self.rate).astype(np.float32), w

    def gradient(self, z, t):
        """Of the mean loss with respect to the logits."""
        g = np.empty_like(z)
        for members in self.groups:
            p = np.exp(z[:, members] - z[:, members].max(1, keepdims=True))
            g[:, members] = t[:, members].sum(1, keepdims=True) * p / p.sum(1, keepdims=True) - t[:, members]
        return g / len(z)

    def posteriors(self, z, w):
        """[objects, slots] probabilities with the weights of the loss taken out."""
        p = np.empty(z.shape)
        for members in self.groups:
            c = np.exp(z[:, members] - z[:, members].max(1, keepdims=True)) / np.where(w[members] > 0, w[members], np.inf)
            c /= np.maximum(c.sum(1, keepdims=True), 1e-300)
            above = self.parent[members[0]]
            p[:, members] = c * (p[:, [above]] if above >= 0 else 1)
        return p


class Normaliser:
    """Features to normal scores by piecewise-linear maps; what is missing to 0, with a flag for each pattern of it."""

    def __init__(self, rows):
        self.knots, patterns, self.flags = [], set(), []
        for f, column in enumerate(rows.T):
            values = np.sort(column[np.isfinite(column)])
            x = np.unique(values[np.arange(KNOTS + 1) * (len(values) - 1) // KNOTS]) if len(values) else np.zeros(1)
            rank = (np.searchsorted(values, x) + np.searchsorted(values, x, "right")) / (2 * max(len(values), 1))
            score = [NormalDist().inv_cdf(min(max(r, 1e-6), 1 - 1e-6)) for r in rank] if len(values) else [0.0]
            self.knots.append((x, np.clip(score, -MAX_SCORE, MAX_SCORE)))
            missing = np.isnan(column)
            if missing.any() and not missing.all() and missing.tobytes() not in patterns:
                patterns.add(missing.tobytes())
                self.flags.append(f)

    def __call__(self, rows):
        out = [np.where(np.isnan(c), 0, np.interp(c, *k)) for c, k in zip(rows.T, self.knots)]
        return np.column_stack([*out, *np.isnan(rows[:, self.flags]).T]).astype(np.float32)


class Network:
    """Dense layers with rectifiers, their gradient, AdamW and a running average; all parameters are views of one vector."""

    def __init__(self, widths, rng, head_gain):
        shapes = [shape for a, b in zip(widths, widths[1:]) for shape in ((a, b), (b,))]
        self.ends = np.cumsum([0] + [int(np.prod(shape)) for shape in shapes])
        self.shapes = shapes
        self.flat, self.g, self.m, self.v, self.a, self.b = np.zeros((6, self.ends[-1]), np.float32)
        self.p, self.grads = self.views(self.flat), self.views(self.g)
        gains = [1.0] * (len(widths) - 2) + [head_gain]
        for w, gain in zip(self.p[::2], gains):
            w[:] = gain * np.sqrt(2 / len(w)) * rng.standard_normal(w.shape, np.float32)
        self.average, self.steps = self.flat.copy(), 0

    def views(self, flat):
        return [flat[i:j].reshape(shape) for i, j, shape in zip(self.ends, self.ends[1:], self.shapes)]

    def start_from(self, trunk):
        """All but the last layer, from the running average of another network."""
        for mine, other in zip(self.p[:-2], trunk.views(trunk.average)[:-2]):
            mine[:] = other
        self.average = self.flat.copy()

    def forward(self, x, p, rng=None, dropout=0.0):
        """What enters each layer, and the output."""
        inputs = []
        for k in range(0, len(p), 2):
            inputs.append(x)
            x = x @ p[k] + p[k + 1]
            if k + 2 < len(p):
                np.maximum(x, 0, out=x)
                if dropout:
                    x *= (rng.random(x.shape, np.float32) >= dropout) * np.float32(1 / (1 - dropout))
        return inputs, x

    def predict(self, x):
        return self.forward(x, self.views(self.average))[1]

    def step(self, inputs, g, rate, dropout=0.0):
        """`g` is the gradient of the loss with respect to the output."""
        for k in range(len(self.p) - 2, -1, -2):
            np.matmul(inputs[k // 2].T, g, out=self.grads[k])
            np.sum(g, 0, out=self.grads[k + 1])
            if k:
                g = g @ self.p[k].T
                g *= (inputs[k // 2] > 0) * np.float32(1 / (1 - dropout))
        self.steps += 1
        c1, c2 = 1 / (1 - 0.9**self.steps), 1 / (1 - 0.999**self.steps)
        a, b = self.a, self.b
        np.subtract(self.g, self.m, out=a)
        a *= np.float32(0.1)
        self.m += a
        np.multiply(self.g, self.g, out=a)
        a -= self.v
        a *= np.float32(0.001)
        self.v += a
        np.multiply(self.v, np.float32(c2), out=b)
        np.sqrt(b, out=b)
        b += np.float32(1e-8)
        np.multiply(self.m, np.float32(rate * c1), out=a)
        a /= b
        for w in self.p[::2]:
            w *= np.float32(1 - rate * DECAY)
        self.flat -= a
        np.subtract(self.flat, self.average, out=a)
        a *= np.float32(1 - min(1 - 1 / (1 + self.steps), 0.995))
        self.average += a


def rates(steps, largest):
    """It rises over the first twentieth and falls as a cosine."""
    for s in range(steps):
        yield largest * min(s / steps / 0.05, 1) * 0.5 * (1 + np.cos(np.pi * s / steps))


def batches(n, epochs, rng):
    for _ in range(epochs):
        order = rng.permutation(n)
        yield from (order[i : i + BATCH] for i in range(0, n, BATCH))


def versions(x, objects, rng):
    """Half of the time the whole light curve, else one of the cut ones. `x` [ages, objects, inputs]."""
    age = np.where(rng.random(len(objects)) < WHOLE, 0, rng.integers(1, len(x), len(objects)))
    return x[age, objects]


def pretrain(x, known, args, rng):
    """A network whose hidden layers were trained to guess masked values. `known` [ages, objects, features]: not missing."""
    width = known.shape[2]
    net = Network([x.shape[2], *HIDDEN, width], rng, 1.0)
    n = x.shape[1]
    schedule = rates(args.pretraining_epochs * -(-n // BATCH), RATE)
    losses = []
    for objects, rate in zip(batches(n, args.pretraining_epochs, rng), schedule):
        # All ages alike: a labelled fit is what wants whole light curves.
        age = rng.integers(0, len(x), len(objects))
        row = x[age, objects]
        masked = (rng.random((len(row), width), np.float32) < args.mask) & known[age, objects]
        truth = row[:, :width].copy()
        row[:, :width][masked] = 0
        inputs, guess = net.forward(row, net.p)
        count = max(masked.sum(), 1)
        error = np.where(masked, guess - truth, 0)
        clipped = np.clip(error, -1, 1)
        losses.append((clipped * (error - clipped / 2)).sum() / count)
        net.step(inputs, clipped / np.float32(count), rate)
    return net, losses


def fit(x, targets, tree, trunk, epochs, args, rng):
    """A member trained on labelled objects, from `trunk` if there is one."""
    net = Network([x.shape[2], *HIDDEN, len(tree.names)], rng, 0.1)
    if trunk is not None:
        net.start_from(trunk)
    n = x.shape[1]
    schedule = rates(epochs * -(-n // BATCH), args.rate)
    for objects, rate in zip(batches(n, epochs, rng), schedule):
        inputs, z = net.forward(versions(x, objects, rng), net.p, rng, DROPOUT)
        net.step(inputs, tree.gradient(z, targets[objects]), rate, DROPOUT)
    return net


def read(args):
    rows = pq.read_table(args.light_curves, columns=["object_id", "label", "fold", "five_class"]).to_pandas()
    tables = []
    for name in args.features:
        d = pd.read_csv(name, dtype={"object_id": str}).set_index("object_id")
        absent = [i for i in rows.object_id if i not in d.index]
        if absent or d.index.duplicated().any():
            sys.exit(f"{name}: expected one row for each of the {len(rows)} objects; {len(absent)} have none; make the table of that file")
        d = d.loc[rows.object_id].drop(columns="label")
        tables.append(d[[c for c in d if not c.startswith(("star_", "fold_"))]].to_numpy(np.float32))
    return rows, np.array(tables)


def five_classes(p, tree):
    at = {n: i for i, n in enumerate(tree.names)}
    five = np.column_stack([p[:, at[c]] for c in FIVE])
    five[:, 2] += p[:, at["SLSN-II"]]
    return five.argmax(1)


def out_of_fold(rows, x, tree, args, seed):
    """Posteriors [shares, without and with pretraining, whole light curves and at 14 days, objects, slots]."""
    usable = rows.label.isin(list(tree.paths)).to_numpy()
    fold, ages = rows.fold.to_numpy(), [0, args.fourteen]
    p = np.zeros((len(args.labels), 2, len(ages), len(rows), len(tree.names)))
    for k in np.unique(fold):
        seen, asked = fold != k, fold == k
        labelled = np.random.default_rng([seed, k, 7]).permutation(np.flatnonzero(seen & usable))
        norm = Normaliser(np.concatenate([x[0][seen], x[1 + k % (len(x) - 1)][seen]]))
        inputs = np.array([norm(table) for table in x])
        weights = [None] * len(args.labels)
        for member in range(args.members):
            trunk, losses = pretrain(inputs[:, seen], np.isfinite(x[:, seen]), args, np.random.default_rng([seed, k, member, 1]))
            if k == 0 and member == 0:
                print(f"  masked values: Huber loss {np.mean(losses[:20]):.3f} at first, {np.mean(losses[-50:]):.3f} at last", flush=True)
            for s, (share, epochs) in enumerate(args.labels):
                kept = labelled[: round(share * len(labelled))]
                targets, weights[s] = tree.targets(rows.label.to_numpy()[kept])
                for arm, start in enumerate([None, trunk]):
                    net = fit(inputs[:, kept], targets, tree, start, epochs, args, np.random.default_rng([seed, k, member, 2]))
                    for a, age in enumerate(ages):
                        p[s, arm, a, asked] += net.predict(inputs[age][asked]) / args.members
        for s, w in enumerate(weights):
            for arm in range(2):
                for a in range(len(ages)):
                    p[s, arm, a, asked] = tree.posteriors(p[s, arm, a, asked], w)
    return p


def share_and_epochs(text):
    part, _, epochs = text.partition(":")
    if not epochs.isdigit() or not 0 < float(part) <= 1:
        raise argparse.ArgumentTypeError(f"{text}: expected SHARE:EPOCHS as 0.1:100")
    return float(part), int(epochs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("light_curves", type=Path)
    parser.add_argument("tree")
    parser.add_argument("label_map")
    parser.add_argument("features", nargs="+", help="the table of whole light curves first, then those of cut ones, among them age14.csv")
    said = "share of the training labels, and epochs of the fit; several are answered from one pretraining (default 1:40)"
    parser.add_argument("--labels", type=share_and_epochs, action="append", metavar="SHARE:EPOCHS", help=said)
    parser.add_argument("--mask", type=float, default=0.3, help="share of the values that is masked (default 0.3)")
    parser.add_argument("--pretraining-epochs", type=int, default=20)
    parser.add_argument("--rate", type=float, default=RATE, help="largest learning rate of the fit (default 0.002)")
    parser.add_argument("--members", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    args.labels = args.labels or [(1.0, 40)]
    args.fourteen = next((i for i, name in enumerate(args.features) if Path(name).name == "age14.csv"), 0)
    if args.fourteen == 0:
        parser.error("expected tables of cut light curves behind the whole one, among them age14.csv (taxonova features --asof 14)")
    args.output.mkdir(parents=True, exist_ok=True)
    tree = Tree(args.tree, args.label_map)
    rows, x = read(args)
    scored = rows.five_class.isin(FIVE).to_numpy()
    truth = np.array([FIVE.index(c) for c in rows.five_class[scored]])
    # SN Ia against the rest: of those that are known to be one or not, but without what the pipeline gives away.
    told = (rows.label.isin(list(tree.paths)) & ~rows.label.isin(["SN", "SN I"]) & ~rows.label.str.startswith("TDE")).to_numpy()
    ia = np.array([tree.names.index("SN Ia") in tree.paths.get(label, []) for label in rows.label])
    out = {(share, arm): rows.loc[scored, ["object_id", "five_class", "fold"]].copy() for share, _ in args.labels for arm in ARMS}
    begin = time.process_time()
    for seed in range(1, args.seeds + 1):
        p = out_of_fold(rows, x, tree, args, seed)
        for s, (share, _) in enumerate(args.labels):
            for a, arm in enumerate(ARMS):
                answer = five_classes(p[s, a, 0, scored], tree)
                out[share, arm][f"seed{seed}"] = [FIVE[i] for i in answer]
                out[share, arm].to_csv(args.output / f"{share:g}-{arm}.csv", index=False)
                f1 = f1_score(truth, answer, average="macro", labels=range(5))
                early = roc_auc_score(ia[told], p[s, a, 1, told, tree.names.index("SN Ia")])
                said = f"macro F1 {f1:.4f}, accuracy {(answer == truth).mean():.4f}, AUROC of SN Ia at 14 d {early:.4f}"
                print(f"seed {seed}, {share:g} of the labels, {arm}: {said}", flush=True)
    print(f"{args.mask:g} masked, {args.pretraining_epochs} epochs of pretraining, {args.members} members: {time.process_time() - begin:.0f} CPU s")


if __name__ == "__main__":
    main()
