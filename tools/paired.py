#!/usr/bin/env python3
"""Paired bootstrap of two sets of five-class predictions, as `tools/baseline.py` and `taxonova train --folds` write them.

    paired.py OURS.oof.csv[,OURS-seed2.oof.csv,...] OUT/five-extra.csv

The second file gives the truth (its column `five_class`) and the objects. The answer to an object is the most probable of P:SN Ia, P:SN II,
P:SN IIn + P:SLSN-II, P:SLSN-I and P:SN Ibc, or what the columns seed1, seed2, ... say where there are such; scores are means over the
files or seeds. Rows of an `asof_d` are left out. Draws are over objects, the same for both. Needs numpy and pandas.
"""

import argparse
import sys

import numpy as np
import pandas as pd

FIVE = ["SN Ia", "SN II", "SN IIn", "SLSN-I", "SN Ibc"]


def answers(names, ids):
    """[runs, objects] indices in FIVE."""
    runs = []
    for name in names.split(","):
        d = pd.read_csv(name, dtype={"object_id": str})
        if "asof_d" in d:
            d = d[d.asof_d.isna()]
        d = d.set_index("object_id")
        missing = [i for i in ids if i not in d.index]
        if missing:
            sys.exit(f"{name}: {len(missing)} of the {len(ids)} objects have no row, {missing[0]} for one")
        d = d.loc[ids]
        seeds = [c for c in d if c.startswith("seed")]
        if seeds:
            runs += [[FIVE.index(a) for a in d[c]] for c in seeds]
        else:
            lacking = [c for c in FIVE if f"P:{c}" not in d]
            if lacking:
                sys.exit(f"{name}: no column P:{lacking[0]}; expected one for each of {', '.join(FIVE)}")
            p = np.array([d[f"P:{c}"] for c in FIVE])
            if "P:SLSN-II" in d:
                p[2] += d["P:SLSN-II"].to_numpy()
            runs.append(p.argmax(0))
    return np.array(runs)


def scores(runs, truth, w):
    """Per-class F1, their mean and the accuracy, means over the runs, objects weighted by w."""
    out = []
    for answer in runs:
        table = np.bincount(truth * 5 + answer, w, 25).reshape(5, 5)
        f1 = 2 * table.diagonal() / np.maximum(table.sum(0) + table.sum(1), 1e-9)
        out.append([*f1, f1.mean(), table.trace() / table.sum()])
    return np.mean(out, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", help="files of predictions, one a seed, with commas between")
    parser.add_argument("second")
    parser.add_argument("--draws", type=int, default=2000)
    args = parser.parse_args()
    d = pd.read_csv(args.second.split(",")[0], dtype={"object_id": str})
    ids, truth = list(d.object_id), np.array([FIVE.index(c) for c in d.five_class])
    a, b = answers(args.first, ids), answers(args.second, ids)
    rng, n = np.random.default_rng(20231204), len(ids)
    one = np.ones(n)
    sa, sb = scores(a, truth, one), scores(b, truth, one)
    draws = []
    for _ in range(args.draws):
        w = np.bincount(rng.integers(0, n, n), minlength=n)
        x, y = scores(a, truth, w), scores(b, truth, w)
        draws.append([x, y, x - y])
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    print(f"{n} objects, {len(a)} and {len(b)} runs, {args.draws} draws\n\n| | first | second | difference |\n|---|---|---|---|")
    for i, name in enumerate([f"F1 of {c}" for c in FIVE] + ["macro F1", "accuracy"]):
        cells = [f"{v:.3f} [{low[k][i]:.3f}, {high[k][i]:.3f}]" for k, v in enumerate([sa[i], sb[i]])]
        print(f"| {name} | {cells[0]} | {cells[1]} | {sa[i] - sb[i]:+.3f} [{low[2][i]:+.3f}, {high[2][i]:+.3f}] |")


if __name__ == "__main__":
    main()
