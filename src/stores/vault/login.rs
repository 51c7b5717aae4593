//! Obtaining a token: from the environment, or by signing in.

use std::ffi::OsStr;

use serde_json::json;

use crate::aws::settings::Caller;
use crate::net::progress::Progress;
use crate::secret::conceal;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::vault::answer::{self, Answer, Unwrapped};
use crate::stores::vault::caller;
use crate::stores::vault::client::{Ask, Client, SECRET};
use crate::stores::vault::mounts::encoded;
use crate::stores::vault::settings::{
    Found, JWT_FILE, Name, ROLE_ID, ROLE_ID_FILE, SECRET_ID, SECRET_ID_FILE, SERVER_ID, Settings,
    TOKEN, WRAPPED, WRAPPED_FILE, setting,
};
use crate::stores::vault::source::{Method, SignIn};

/// Where Kubernetes puts the token of a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// A token, and how it was obtained.
pub struct Token {
    pub text: String,
    /// For messages.
    pub principal: String,
    /// Whether it was made for this launch, and can be revoked.
    pub is_ours: bool,
}

/// Obtains a token.
///
/// # Errors
///
/// If what a sign-in needs is missing, or the server refuses it.
pub async fn token(
    sign_in: &SignIn,
    caller: &Caller,
    settings: &Settings<'_>,
    client: &Client,
    progress: &Progress,
) -> Result<Token, Error> {
    let shown = |name: Name| settings.shown(name);
    let mount = sign_in.mount();
    let role = sign_in.role.as_deref();
    match sign_in.method {
        Method::Token => given(settings, client, progress).await,
        Method::AppRole => {
            let id = settings.secret(Some(ROLE_ID), ROLE_ID_FILE)?;
            let id = id.ok_or_else(|| missing(shown(ROLE_ID), shown(ROLE_ID_FILE), sign_in))?;
            // An AppRole can be bound to addresses alone, and then has no secret id.
            let secret = match settings.secret(Some(SECRET_ID), SECRET_ID_FILE)? {
                Some(secret) => Some(secret.text),
                None => match settings.secret(Some(WRAPPED), WRAPPED_FILE)? {
                    Some(wrapped) => Some(unwrapped_id(&wrapped, client, progress).await?),
                    None => None,
                },
            };
            let body = match secret {
                Some(secret) => json!({"role_id": id.text, "secret_id": secret}),
                None => json!({"role_id": id.text}),
            };
            let who = format!("the AppRole of {} at `{mount}`", id.from);
            login(sign_in, body, who, client, progress).await
        }
        Method::Kubernetes => {
            let jwt = match settings.secret(None, JWT_FILE)? {
                Some(jwt) => Some(jwt),
                None => settings.file(OsStr::new(SERVICE_ACCOUNT), None)?,
            };
            let jwt = jwt.ok_or_else(|| {
                let what = format!("`{SERVICE_ACCOUNT}` does not exist");
                setting(
                    what,
                    Some(format!(
                        "a pod has it unless `automountServiceAccountToken` is off; `{}` names another \
                         file",
                        shown(JWT_FILE)
                    )),
                )
            })?;
            let who = format!(
                "the service account of this pod, as `{}` at `{mount}`",
                role.unwrap_or_default()
            );
            let body = json!({"jwt": jwt.text, "role": role});
            login(sign_in, body, who, client, progress).await
        }
        Method::Jwt => {
            let jwt = settings.secret(None, JWT_FILE)?.ok_or_else(|| {
                let what = format!("`{}` is not set, which `auth=jwt` needs", shown(JWT_FILE));
                setting(what, Some("it names the file with the token".to_owned()))
            })?;
            let body = match role {
                Some(role) => json!({"jwt": jwt.text, "role": role}),
                None => json!({"jwt": jwt.text}),
            };
            let who = match role {
                Some(role) => format!("the JWT of {}, as `{role}` at `{mount}`", jwt.from),
                None => format!("the JWT of {} at `{mount}`", jwt.from),
            };
            login(sign_in, body, who, client, progress).await
        }
        Method::Aws => {
            let server_id = settings.get(SERVER_ID)?.map(|(_, id)| id);
            let signed = caller::signed(caller, server_id.as_deref(), progress).await?;
            let mut body = signed.request;
            if let Some(role) = role {
                body["role"] = role.into();
            }
            let who = format!("{} at `{mount}`", signed.principal);
            login(sign_in, body, who, client, progress).await
        }
    }
}

/// A token of the environment, wrapped or not, or of `vault login`.
async fn given(
    settings: &Settings<'_>,
    client: &Client,
    progress: &Progress,
) -> Result<Token, Error> {
    let wrapped = match settings.get(TOKEN)? {
        Some(_) => None,
        None => settings.secret(Some(WRAPPED), WRAPPED_FILE)?,
    };
    if let Some(wrapped) = wrapped {
        let text = unwrapped(&wrapped, client, progress).await?;
        let answer: Option<Answer<'_>> = answer::parse(&text);
        let token = answer.and_then(|answer| {
            let of_data = || answer::parse::<Unwrapped>(answer.data?.get())?.token;
            let of_auth = answer.auth.as_ref().map(|auth| auth.client_token.clone());
            of_auth.filter(|token| !token.is_empty()).or_else(of_data)
        });
        let token = token.ok_or_else(|| wraps_another("token", &wrapped))?;
        conceal(&token);
        return Ok(Token {
            text: token,
            principal: format!("the token that {} wraps", wrapped.from),
            is_ours: false,
        });
    }
    let Some(Found { text, from }) = settings.token()? else {
        let shown = settings.shown(TOKEN);
        let mut hint = format!(
            "set `{shown}`, sign in with `vault login` or `bao login`, or choose another way with the \
             option `auth` of the place"
        );
        if settings.secret(Some(ROLE_ID), ROLE_ID_FILE)?.is_some() {
            hint = format!(
                "{} is set: add `auth=approle` to the place",
                settings.shown(ROLE_ID)
            );
        }
        let name = client.server().name();
        let what = format!("no token for {name} was found");
        let problem = Problem::new(Fault::Setting, what).because(format!(
            "{shown} is not set, and ~/.vault-token does not exist"
        ));
        return Err(problem.hint(hint).into());
    };
    Ok(Token {
        text,
        principal: format!("the token of {from}"),
        is_ours: false,
    })
}

/// Signs in.
async fn login(
    sign_in: &SignIn,
    body: serde_json::Value,
    principal: String,
    client: &Client,
    progress: &Progress,
) -> Result<Token, Error> {
    let ask = Ask {
        verb: "sign in",
        target: principal.clone(),
        path: format!("auth/{}/login", encoded(sign_in.mount())),
        body: Some(body.to_string()),
        token: None,
        largest: SECRET,
    };
    let replied = client.send(&ask, progress).await?;
    if replied.status == http::StatusCode::NOT_FOUND {
        let name = client.server().name();
        let what = format!(
            "{name} refused to sign in {principal} in {}",
            client.place()
        );
        return Err(Problem::new(Fault::Refused, what)
            .because("HTTP status 404")
            .hint("check `auth-mount` and `namespace`")
            .into());
    }
    let answer: Option<Answer<'_>> = answer::parse(&replied.text);
    let auth = answer.and_then(|answer| answer.auth);
    let invalid = || {
        client.invalid(
            &format!("the sign-in of {principal}"),
            "it contains no token",
        )
    };
    let auth = auth.ok_or_else(invalid)?;
    if auth.mfa_requirement.is_some() && auth.client_token.is_empty() {
        let what = format!("{principal} cannot sign in in {}", client.place());
        return Err(Problem::new(Fault::Refused, what)
            .because("another factor is required, which a launch cannot give")
            .hint("use a role without it for machines")
            .into());
    }
    if auth.client_token.is_empty() {
        return Err(invalid());
    }
    conceal(&auth.client_token);
    Ok(Token {
        text: auth.client_token,
        principal,
        is_ours: auth.token_type.as_deref() != Some("batch"),
    })
}

/// What a wrapping token stands for, which can be read once.
async fn unwrapped(wrapped: &Found, client: &Client, progress: &Progress) -> Result<String, Error> {
    let ask = Ask {
        verb: "unwrap",
        target: format!("the wrapping token of {}", wrapped.from),
        path: "sys/wrapping/unwrap".to_owned(),
        body: Some("{}".to_owned()),
        token: Some(&wrapped.text),
        largest: SECRET,
    };
    let replied = client.send(&ask, progress).await?;
    match replied.status == http::StatusCode::OK {
        true => Ok(replied.text),
        false => Err(client.invalid(&ask.target, "it wraps nothing")),
    }
}

async fn unwrapped_id(
    wrapped: &Found,
    client: &Client,
    progress: &Progress,
) -> Result<String, Error> {
    let text = unwrapped(wrapped, client, progress).await?;
    let answer: Option<Answer<'_>> = answer::parse(&text);
    let data = answer.and_then(|it| answer::parse::<Unwrapped>(it.data?.get()));
    let secret = data.and_then(|data| data.secret_id);
    let secret = secret.ok_or_else(|| wraps_another("secret id", wrapped))?;
    conceal(&secret);
    Ok(secret)
}

/// What was wrapped is something else, and gone.
fn wraps_another(wanted: &str, wrapped: &Found) -> Error {
    let what = format!("{} wraps no {wanted}", wrapped.from);
    let problem = Problem::new(Fault::Setting, what);
    let hint = "it is used up now: wrap what the option `auth` of the place needs";
    problem.hint(hint).into()
}

/// What a sign-in needs is not given.
fn missing(name: &str, file: &str, sign_in: &SignIn) -> Error {
    let method = sign_in.method.name();
    setting(
        format!("`{name}` is not set, which `auth={method}` needs"),
        Some(format!("set it, or `{file}` to the file that has it")),
    )
}
