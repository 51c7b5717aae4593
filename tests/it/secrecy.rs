//! No value is ever printed, in no scenario, at no verbosity.
