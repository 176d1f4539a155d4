//! STS: who calls, and temporary credentials.

use crate::clock::iso_seconds;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::{Credential, World};
use crate::xml::Xml;

/// Answers an operation; `None` when there is none of that name.
pub(crate) fn call(world: &mut World<'_>, operation: &str, params: &Params) -> Option<Answer<Xml>> {
    Some(match operation {
        "GetCallerIdentity" => Ok(identity(world)),
        "AssumeRole" => assume(world, params, None),
        "AssumeRoleWithWebIdentity" => with_web_identity(world, params),
        _ => return None,
    })
}

fn identity(world: &World<'_>) -> Xml {
    let mut xml = Xml::new();
    xml.text("Arn", &world.caller.arn)
        .text("UserId", &world.caller.user_id)
        .text("Account", &world.caller.account);
    xml
}

fn with_web_identity(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let token = params.need("WebIdentityToken")?;
    if token.len() < 4 {
        let message =
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
        return Err(ApiError::bad("InvalidIdentityToken", message));
    }
    assume(world, params, Some("system:serviceaccount:default:test"))
}

fn assume(world: &mut World<'_>, params: &Params, web_subject: Option<&str>) -> Answer<Xml> {
    let (arn, session) = (params.need("RoleArn")?, params.need("RoleSessionName")?);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else {
        return Err(ApiError::bad("ValidationError", format!("{arn} is invalid")));
    };
    let Some(name) = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next()) else {
        return Err(ApiError::bad("ValidationError", format!("{arn} is invalid")));
    };
    let seconds = params.get("DurationSeconds").and_then(|text| text.parse::<i64>().ok()).unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        let message = format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: \
             Member must have value between 900 and 43200"
        );
        return Err(ApiError::bad("ValidationError", message));
    }
    let role_id = world.state.iam(account).roles.get(name).map(|role| role.id.clone());
    if world.state.options.assumed_roles_must_exist && role_id.is_none() {
        let caller = &world.caller.arn;
        let message =
            format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    let role_id = role_id.unwrap_or_else(|| format!("AROA{}", &crate::seed::opaque(arn)[..17]));
    let user_id = format!("{role_id}:{session}");
    let assumed = format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}");
    let access_key = format!("ASIA{}", world.state.letters(16));
    let secret = world.state.letters(40);
    let token = format!("FwoGZXIvYXdzE{}", world.state.letters(180));
    let expires = world.state.clock.wall() + seconds * 1000;
    let credential = Credential {
        secret: secret.clone(),
        account: account.to_owned(),
        arn: assumed.clone(),
        user_id: user_id.clone(),
        session: Some((token.clone(), expires)),
    };
    world.state.credentials.insert(access_key.clone(), credential);
    let mut xml = Xml::new();
    xml.node("Credentials", |xml| {
        xml.text("AccessKeyId", &access_key)
            .text("SecretAccessKey", &secret)
            .text("SessionToken", &token)
            .text("Expiration", &iso_seconds(expires));
    });
    xml.optional("SubjectFromWebIdentityToken", web_subject);
    xml.node("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", &user_id).text("Arn", &assumed);
    });
    xml.optional("SourceIdentity", params.get("SourceIdentity"));
    Ok(xml)
}
