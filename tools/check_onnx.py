#!/usr/bin/env python3
"""Compares a Taxonova model in ONNX Runtime with the numbers that Taxonova itself computed.

The dump is a JSON object. Keys that are names of the model's inputs are fed to it, keys that are names of its outputs
are compared with what comes out; each holds nested lists of numbers, null for NaN (in outputs also for -inf):

    {"features": [[1.5, null, ...], ...], "log_probability": [[...], ...], "log_conditional": [[...], ...],
     "embedding": [[...], ...]}

Exit code 0: all agree; 1: they differ by more than the tolerance, or in where they are finite; 2: bad usage or input.
Needs onnxruntime and numpy.
"""

import argparse
import json
import sys
from pathlib import Path

TYPES = {
    "tensor(float16)": "float16",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


class BadInput(Exception):
    """Something that the user has to put right."""


def read_dump(path):
    """The dump's arrays by name, as float64."""
    import numpy as np

    try:
        dump = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: {error}") from error
    if not isinstance(dump, dict):
        raise BadInput(f"{path}: expected a JSON object, found {type(dump).__name__}")
    arrays = {}
    for name, value in dump.items():
        try:
            arrays[name] = np.asarray(value, dtype=object).astype(np.float64)  # None becomes NaN
        except (TypeError, ValueError) as error:
            raise BadInput(f"{path}: {name} is no rectangular array of numbers: {error}") from error
    return arrays


def run_model(path, arrays):
    """The model's outputs by name, for the inputs among `arrays`."""
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises types of its own
        raise BadInput(f"{path}: {error}") from error
    feed = {}
    for node in session.get_inputs():
        if node.name not in arrays:
            raise BadInput(f"the dump lacks the model's input {node.name!r}; it has {', '.join(arrays)}")
        if node.type not in TYPES:
            raise BadInput(f"input {node.name!r} has type {node.type}: not known here")
        feed[node.name] = arrays[node.name].astype(TYPES[node.type])
    names = [node.name for node in session.get_outputs()]
    try:
        return dict(zip(names, session.run(names, feed)))
    except Exception as error:
        raise BadInput(f"{path} does not run on the dump's inputs: {error}") from error


def compare(expected, found):
    """Largest absolute difference where both are finite; a word on what can't be compared, or None."""
    import numpy as np

    found = np.asarray(found, dtype=np.float64)
    if expected.shape != found.shape:
        return float("inf"), f"shape {list(expected.shape)} in the dump, {list(found.shape)} from the model"
    finite = np.isfinite(expected)
    if not np.array_equal(finite, np.isfinite(found)):
        return float("inf"), f"finite in one only: {int(np.sum(finite != np.isfinite(found)))} values"
    return (float(np.max(np.abs(expected - found)[finite])) if finite.any() else 0.0), None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="model file (.onnx)")
    parser.add_argument("dump", type=Path, help="inputs and outputs as Taxonova computed them (.json)")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest absolute difference allowed (default 1e-4)")
    args = parser.parse_args()
    try:
        arrays = read_dump(args.dump)
        outputs = run_model(args.model, arrays)
        shared = [name for name in outputs if name in arrays]
        if not shared:
            raise BadInput(f"the dump holds none of the model's outputs: {', '.join(outputs)}")
    except ImportError as error:
        print(f"check_onnx: {error}; install it with: pip install onnxruntime numpy", file=sys.stderr)
        return 2
    except BadInput as error:
        print(f"check_onnx: {error}", file=sys.stderr)
        return 2
    failed = False
    for name in shared:
        difference, problem = compare(arrays[name], outputs[name])
        # Not `difference > tolerance`: NaN must fail.
        bad = problem is not None or not difference <= args.tolerance
        failed |= bad
        shape = "x".join(str(n) for n in arrays[name].shape)
        print(f"{name:20} {shape:>12}  max |difference| {difference:.3g}  {'FAILED' if bad else 'ok'}{f' ({problem})' if problem else ''}")
    for name in outputs:
        if name not in arrays:
            print(f"{name:20} not in the dump")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
