//! Help, README, changelog and exit codes agree.
