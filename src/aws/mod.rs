//! Who we are to AWS, and what AWS answers that is the same for all of its services.

pub mod credentials;
mod http_client;
pub mod refusal;
pub mod session;
pub mod settings;
