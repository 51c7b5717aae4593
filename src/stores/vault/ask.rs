//! A request to a server.
#![forbid(unsafe_code)]

/// One request.
pub struct Ask<'a> {
    /// What is done, for messages: `read`.
    pub verb: &'static str,
    /// To what: `secret `secret/prd/app``.
    pub target: String,
    /// Below `/v1/`, encoded, with its query.
    pub path: String,
    /// The JSON that is sent; without it the request reads.
    pub body: Option<String>,
    pub token: Option<&'a str>,
    /// The largest answer, in bytes.
    pub largest: usize,
}
