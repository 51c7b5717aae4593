//! The README is a promise: its commands run, and print what it shows.
