//! Which parameters, under what names, into which environment.
