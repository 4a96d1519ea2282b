#!/usr/bin/env python3
"""Boosted trees within one survey of the variables corpus, beside `cargo bench --bench variables`: with all features of stars, with magnitude
and colour alone, and with the published period added.

    taxonova features variables.parquet -o features.csv
    variables_baseline.py variables.parquet features.csv

Ten folds (column `fold`), trained on the survey's own stars alone. Needs pandas, pyarrow, scikit-learn and lightgbm.
"""

import argparse

import lightgbm
import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

SURVEYS = {
    "catalina": ["Anomalous Cepheid", "Cepheid II", "Contact binary", "Delta Scuti", "EA", "LPV", "RRab", "RRc", "RRd", "Rotational"],
    "eros2": ["Classical Cepheid", "Eclipsing", "Mira", "RR Lyrae"],
    "ztf": ["EA", "Ellipsoidal", "RRab", "RRc", "Delta Scuti", "Reflection"],
}
BRIGHTNESS = ["star_median", "star_colour", "star_wavelength"]


def score(table, classes, columns):
    x = table[columns].to_numpy("float32")
    y = pd.Categorical(table.label, categories=classes).codes
    p = np.zeros((len(y), len(classes)))
    for fold in range(10):
        train = (table.fold != fold).to_numpy()
        counts = np.bincount(y[train], minlength=len(classes))
        model = lightgbm.LGBMClassifier(
            n_estimators=120, learning_rate=0.06, num_leaves=15, colsample_bytree=0.4, subsample=0.8, subsample_freq=1,
            min_child_samples=10, n_jobs=2, verbose=-1)
        model.fit(x[train], y[train], sample_weight=(len(y) / (len(classes) * counts[y[train]])) ** 0.5)
        p[np.ix_(~train, model.classes_)] = model.predict_proba(x[~train])
    return f1_score(y, p.argmax(1), average="macro")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("features")
    args = parser.parse_args()
    about = pd.read_parquet(args.data, columns=["object_id", "survey", "label", "fold", "period_d"])
    table = pd.read_csv(args.features, low_memory=False).drop(columns="label").merge(about, on="object_id")
    stars = [c for c in table.columns if c.startswith(("star_", "fold_"))]
    table["log_period"] = np.log10(table.period_d.where(table.period_d > 0))
    for survey, classes in SURVEYS.items():
        part = table[(table.survey == survey) & table.label.isin(classes)]
        runs = {"all features": stars, "magnitude and colour": BRIGHTNESS, "published period added": stars + ["log_period"]}
        found = ", ".join(f"{name} {score(part, classes, columns):.3f}" for name, columns in runs.items())
        print(f"{survey}: {len(part)} stars, macro F1 with {found}", flush=True)


if __name__ == "__main__":
    main()
