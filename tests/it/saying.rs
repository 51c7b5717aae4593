//! Every option, as a flag and as a variable.
