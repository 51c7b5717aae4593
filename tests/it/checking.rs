//! `envsecrets check`: everything but becoming the program.
