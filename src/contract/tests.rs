//! What a file must say to be a contract.
