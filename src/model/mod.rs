//! The `.onnx` bundle: load, check, run.
