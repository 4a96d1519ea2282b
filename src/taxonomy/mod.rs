//! The tree of classes: nodes, edits with inverses, file format, weights. Knows nothing of screens or models.
