//! The call that assumes a role, for profiles and for callers that name one.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::attributes::AccountId;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role::{AssumeRoleError, AssumeRoleOutput};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::arn::Arn;
use crate::secret::conceal;

/// What AssumeRole is called with.
#[derive(Debug)]
pub struct Request<'r> {
    pub role: &'r str,
    pub session_name: String,
    pub external_id: Option<&'r str>,
    /// The MFA device and its code.
    pub code: Option<(&'r str, String)>,
    /// How long the credentials are to be valid, in seconds.
    pub duration: Option<i32>,
}

/// Why AssumeRole failed. Of the error of the service only the metadata counts, which some of its
/// variants would hide.
pub type Failed = SdkError<ErrorMetadata>;

impl Request<'_> {
    /// Calls STS with these credentials. `sts` configures its client, but for them.
    pub async fn send(
        self,
        sts: &SdkConfig,
        source: Credentials,
    ) -> Result<Result<Credentials, CredentialsError>, Failed> {
        let source = SharedCredentialsProvider::new(source);
        let sts = sts.to_builder().credentials_provider(source).build();
        let (serial, code) = self.code.unzip();
        let call = aws_sdk_sts::Client::new(&sts)
            .assume_role()
            .role_arn(self.role)
            .role_session_name(self.session_name)
            .set_external_id(self.external_id.map(str::to_owned))
            .set_serial_number(serial.map(str::to_owned))
            .set_token_code(code)
            .set_duration_seconds(self.duration);
        let result = call.send().await;
        let metadata = |error: AssumeRoleError| error.meta().clone();
        result
            .map(issued)
            .map_err(|error| error.map_service_error(metadata))
    }
}

/// The name of a session with the time, as the SDK makes it.
pub fn timed_name(prefix: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!("{prefix}-{}", now.unwrap_or_default().as_millis())
}

/// Whether AWS denied the call, rather than failing to answer it.
pub fn is_denied(error: &Failed) -> bool {
    error
        .code()
        .is_some_and(|it| it.starts_with("AccessDenied"))
}

/// The credentials that STS issued.
fn issued(output: AssumeRoleOutput) -> Result<Credentials, CredentialsError> {
    let Some(issued) = output.credentials else {
        return Err(CredentialsError::unhandled(
            "STS credentials must be defined",
        ));
    };
    conceal(&issued.secret_access_key);
    conceal(&issued.session_token);
    let expiry = SystemTime::try_from(issued.expiration).map_err(|_| {
        CredentialsError::unhandled(
            "credential expiration time cannot be represented by a SystemTime",
        )
    })?;
    let mut credentials = Credentials::builder()
        .access_key_id(issued.access_key_id)
        .secret_access_key(issued.secret_access_key)
        .session_token(issued.session_token)
        .expiry(expiry)
        .provider_name("AssumeRoleProvider");
    let user = output.assumed_role_user.map(|user| user.arn);
    let account = user.and_then(|arn| Some(AccountId::from(Arn::parse(&arn)?.account()?)));
    credentials.set_account_id(account);
    Ok(credentials.build())
}
