//! Answers made at random, with a planted secret as oracle.
