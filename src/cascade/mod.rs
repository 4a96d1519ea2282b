//! Probabilities on a tree: softmax groups, decisions, regrouping onto another tree.
