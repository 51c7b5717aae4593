//! Reading: pages, faults on the way, waiting, and deadlines.
