//! The buckets of Amazon S3, for the stores that are objects: their addresses, single requests, lists, and
//! what S3 refuses.

mod list;
mod refusal;
mod request;
mod session;
mod target;
mod url;

pub use list::{Listed, list};
pub use request::{Asked, Where, moment, object, tag, too_large, whereabouts};
pub use session::{LARGEST, SERVICE, Session};
pub use target::{InvalidResponse, Target, What};
