//! Training: the loss, the network, the loop, the export.
