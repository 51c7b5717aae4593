//! The grammar, and what is refused.
