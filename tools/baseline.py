#!/usr/bin/env python3
"""Boosted trees on Taxonova's features: the baseline that its networks are measured against.

    taxonova features transients.parquet -o features.csv
    taxonova features transients.parquet --asof 14 -o features-14.csv
    baseline.py transients.parquet features.csv --asof 14=features-14.csv -o OUT

The light curves' file gives the labels, the folds and the column five_class; the tables give the inputs. Two questions:

* the five classes of Superphot+ on the rows that have `five_class`, by the file's folds, with the other rows of the
  training folds as extra training rows and without them;
* SN Ia against all other labelled rows (SN and SN I left out) with every table, whole light curves and cut ones.

Every object is predicted by trees that never saw its fold. Writes OUT/five-extra.csv, OUT/five-plain.csv and OUT/ia-AGE.csv
(object_id, label, fold and probabilities, the mean over the seeds; `seed` columns hold each seed's answer), and prints the scores.
Needs lightgbm, scikit-learn, pandas and pyarrow.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from lightgbm import LGBMClassifier
from sklearn.metrics import f1_score, roc_auc_score

FIVE = ["SN Ia", "SN II", "SN IIn", "SLSN-I", "SN Ibc"]
# What counts as each class where a row has no `five_class` of its own; SN IIb and TDE are none of the five.
ABSORBED = {
    "SN Ia": "SN Ia-91T, SN Ia-91bg, SN Ia-pec, SN Iax, SN Ia-CSM, SN Ia-SC, SN Ia-Ca-rich",
    "SN II": "SN IIP, SN II-pec",
    "SN IIn": "SLSN-II, SN IIn-pec",
    "SN Ibc": "SN Ib, SN Ic, SN Ic-BL, SN Ibn, SN Icn, SN Ib-pec, SN Ib-Ca-rich",
}
UNRESOLVED = ["SN", "SN I"]


def trees(seed):
    return LGBMClassifier(
        n_estimators=150,
        learning_rate=0.06,
        num_leaves=15,
        min_child_samples=20,
        reg_lambda=1.0,
        colsample_bytree=0.3,
        subsample=0.8,
        subsample_freq=1,
        n_jobs=1,
        random_state=seed,
        verbose=-1,
    )


def weights(y, beta):
    """Inverse class frequencies to the power beta, as in the networks' loss."""
    counts = np.bincount(y)
    return (len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1))[y]) ** beta


def out_of_fold(x, y, fold, train, score, seed, beta, n_classes):
    p = np.zeros((len(y), n_classes))
    for k in np.unique(fold):
        seen, asked = train & (fold != k), score & (fold == k)
        model = trees(seed).fit(x[seen], y[seen], sample_weight=weights(y[seen], beta))
        p[np.ix_(asked, model.classes_)] = model.predict_proba(x[asked])
    return p


def read(light_curves, table):
    rows = pq.read_table(light_curves, columns=["object_id", "label", "fold", "five_class"]).to_pandas()
    features = pd.read_csv(table, dtype={"object_id": str, "label": str})
    if features.object_id.duplicated().any():
        sys.exit(f"{table}: object ids occur twice; give one table per file of light curves")
    joined = rows.merge(features.drop(columns="label"), on="object_id", how="inner")
    if len(joined) != len(rows):
        sys.exit(f"{table}: features of {len(joined)} of the {len(rows)} objects in {light_curves}; make the table of that file")
    return joined


def matrix(d):
    return d.drop(columns=["object_id", "label", "fold", "five_class"]).to_numpy(dtype=np.float32)


def five_classes(d, args, extra):
    absorbed = {label: five for five, labels in ABSORBED.items() for label in labels.split(", ")} | {c: c for c in FIVE}
    scored = d.five_class.isin(FIVE).to_numpy()
    named = d.five_class.where(scored, d.label.map(absorbed))
    known = named.isin(FIVE).to_numpy()
    y = np.array([FIVE.index(c) if c in FIVE else 0 for c in named])
    x, fold = matrix(d), d.fold.to_numpy()
    scores, total, answers = [], 0, {}
    for seed in range(1, args.seeds + 1):
        p = out_of_fold(x, y, fold, known if extra else scored, scored, seed, args.beta, len(FIVE))[scored]
        answer, truth = p.argmax(1), y[scored]
        per_class = f1_score(truth, answer, average=None, labels=range(5))
        scores.append([per_class.mean(), (answer == truth).mean(), *per_class])
        answers[f"seed{seed}"] = [FIVE[a] for a in answer]
        total = total + p
        print(f"  seed {seed}: macro F1 {scores[-1][0]:.4f}, accuracy {scores[-1][1]:.4f}", flush=True)
    mean, sd = np.mean(scores, 0), np.std(scores, 0, ddof=1) if args.seeds > 1 else np.zeros(7)
    name = "with extra training rows" if extra else "five_class rows alone"
    print(f"{name}, {scored.sum()} rows: macro F1 {mean[0]:.4f} (sd {sd[0]:.4f}), accuracy {mean[1]:.4f} (sd {sd[1]:.4f})")
    print("  " + ", ".join(f"{c} {v:.3f}" for c, v in zip(FIVE, mean[2:])), flush=True)
    out = d.loc[scored, ["object_id", "five_class", "fold"]].copy()
    for c, v in zip(FIVE, (total / args.seeds).T):
        out[f"P:{c}"] = v
    out.assign(**answers).to_csv(args.output / f"five-{'extra' if extra else 'plain'}.csv", index=False, float_format="%.6g")


def against_the_rest(d, args, age):
    known = (~d.label.isin(UNRESOLVED)).to_numpy()
    y = d.label.str.startswith(("SN Ia", "SN Iax")).to_numpy().astype(int)
    x, fold, total, scores = matrix(d), d.fold.to_numpy(), 0, []
    for seed in range(1, args.early_seeds + 1):
        p = out_of_fold(x, y, fold, known, known, seed, 0.0, 2)[known, 1]
        scores.append(roc_auc_score(y[known], p))
        total = total + p
    five = d.five_class.isin(FIVE).to_numpy()[known]
    p = total / args.early_seeds
    print(
        f"SN Ia against the rest, {age} d, {known.sum()} rows: AUROC {np.mean(scores):.4f}; "
        f"{five.sum()} five_class rows: {roc_auc_score(y[known][five], p[five]):.4f}",
        flush=True,
    )
    out = d.loc[known, ["object_id", "label", "fold"]].assign(**{"P:SN Ia": p})
    out.to_csv(args.output / f"ia-{age}.csv", index=False, float_format="%.6g")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("light_curves", type=Path)
    parser.add_argument("features", type=Path)
    parser.add_argument("--asof", action="append", default=[], metavar="DAYS=FEATURES.csv", help="features of cut light curves")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--early-seeds", type=int, default=1)
    parser.add_argument("--beta", type=float, default=0.5, help="power of the inverse class frequencies (default 0.5)")
    parser.add_argument("--no-five", action="store_true", help="leave the five classes out")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    whole = read(args.light_curves, args.features)
    if not args.no_five:
        for extra in (True, False):
            five_classes(whole, args, extra)
    against_the_rest(whole, args, "all")
    for item in args.asof:
        age, _, table = item.partition("=")
        if not table:
            sys.exit(f"--asof {item}: expected DAYS=FEATURES.csv")
        against_the_rest(read(args.light_curves, table), args, age)


if __name__ == "__main__":
    main()
