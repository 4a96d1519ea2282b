//! Simulated light curves, said to be simulated wherever they are shown.
