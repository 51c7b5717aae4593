//! Who we are to AWS, and what AWS answers that is the same for all of its services.

pub mod caller;
pub mod credentials;
pub mod refusal;
pub mod session;
pub mod settings;
