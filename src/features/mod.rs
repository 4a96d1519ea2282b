//! Numbers computed from a light curve, and the one table of their names, units and code.
