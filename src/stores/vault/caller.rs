//! Proving to a server which principal of AWS we are: a request to AWS STS that is signed here, and
//! that the server sends (the method `aws`, type `iam`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use crate::aws::arn::partition;
use crate::aws::session::Session;
use crate::aws::settings::{Caller, Service};
use crate::aws::signed::{self, Signing};
use crate::net::environment::Variables;
use crate::net::progress::Progress;
use crate::secret::conceal;
use crate::stores::error::Error;
use crate::stores::vault::settings::setting;

/// STS among the services of AWS. No request is sent to it from here.
static SERVICE: Service = Service {
    name: "STS",
    id: "STS",
    variable: "AWS_ENDPOINT_URL_STS",
    host: "sts",
    fips: &["us-"],
    largest: |_| 1 << 20,
};

/// What the server sends.
const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
/// The region of the endpoint that is there for all of them, to which a server sends unless it is
/// configured otherwise.
const GLOBAL: &str = "us-east-1";
/// The header that ties a request to one server.
const SERVER_ID: &str = "x-vault-aws-iam-server-id";

/// A signed request in the form of a sign-in, and as which principal it is signed, for messages.
pub struct Signed {
    pub request: Value,
    pub principal: String,
}

/// Signs a request with the usual credentials.
///
/// # Errors
///
/// If there are none, or they cannot be in a header.
pub async fn signed(
    caller: &Caller,
    server_id: Option<&str>,
    progress: &Progress,
) -> Result<Signed, Error> {
    let caller = Caller {
        // Without a region, that of the global endpoint will do.
        region_of_arns: Some(GLOBAL.to_owned()),
        ..caller.clone()
    };
    let session = Box::pin(Session::open(&caller, &SERVICE, progress)).await;
    let session = session.map_err(|errors| {
        let first = errors.into_iter().next();
        first.map_or_else(|| Error::internal("no session"), Error::Aws)
    })?;
    let principal = session.principal();
    let own = session.region().to_owned();
    // As the SDKs read it; the server's own setting must be the same.
    let regional = Variables.get("AWS_STS_REGIONAL_ENDPOINTS").as_deref() == Some("regional");
    let (host, session) = match partition(&own) {
        "aws" if !regional => (
            "sts.amazonaws.com".to_owned(),
            session.in_region(GLOBAL, "the endpoint of AWS STS")?,
        ),
        partition => {
            let domain = match partition {
                "aws-cn" => "amazonaws.com.cn",
                "aws-iso" => "c2s.ic.gov",
                "aws-iso-b" => "sc2s.sgov.gov",
                _ => "amazonaws.com",
            };
            (format!("sts.{own}.{domain}"), session)
        }
    };
    let url = format!("https://{host}/");
    let mut request = Request::builder().method("POST").uri(&url).header(
        CONTENT_TYPE,
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    if let Some(id) = server_id {
        request = request.header(SERVER_ID, id);
    }
    let unsigned = |why: String| setting(format!("{principal} cannot sign in: {why}"), None);
    let request = request
        .body(BODY.as_bytes().to_vec())
        .map_err(|_| unsigned("the id of the server contains what no header can".to_owned()))?;
    let headers = signed::headers(&session, Signing::Usual("sts"), &request);
    let headers = headers.map_err(|error| unsigned(error.to_string()))?;
    let mut all = Map::new();
    for (name, value) in headers {
        let text = value.to_str().unwrap_or_default();
        if value.is_sensitive() || name == http::header::AUTHORIZATION {
            conceal(text);
        }
        all.insert(name.as_str().to_owned(), json!([text]));
    }
    let encoded = |text: &str| BASE64.encode(text);
    let request = json!({
        "iam_http_request_method": "POST",
        "iam_request_url": encoded(&url),
        "iam_request_body": encoded(BODY),
        "iam_request_headers": encoded(&Value::from(all).to_string()),
    });
    Ok(Signed { request, principal })
}
