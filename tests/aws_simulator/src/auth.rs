//! Who calls: the check of a request's signature.

use crate::clock::{Millis, amz_date, parse_amz_date};
use crate::dispatch::Request;
use crate::error::Answer;
use crate::service::Service;
use crate::sigv4::{Authorization, Signed, signature, signing_key};
use crate::state::{Caller, State};

/// How far a signature's date may be from the server's.
const TOLERANCE_MS: Millis = 5 * 60 * 1000;

/// Finds the caller of a signed request, or of AssumeRoleWithWebIdentity, which needs no signature.
pub(crate) fn authenticate(
    state: &mut State,
    request: &Request,
    service: Service,
    operation: &str,
) -> Answer<Caller> {
    let Some(header) = request.header("authorization") else {
        if service == Service::Sts && operation == "AssumeRoleWithWebIdentity" {
            return Ok(anonymous(state));
        }
        return Err(service.unsigned());
    };
    let Some(authorization) = Authorization::parse(header) else { return Err(service.unsigned()) };
    let Some(credential) = state.credentials.get(&authorization.access_key) else {
        return Err(service.unknown_key());
    };
    let date = request.header("x-amz-date").unwrap_or_default();
    let Some(at) = parse_amz_date(date) else { return Err(service.unsigned()) };
    let wall = state.clock.wall();
    if (wall - at).abs() > TOLERANCE_MS {
        return Err(service.skewed(&compare_dates(date, at, wall)));
    }
    let scope = (
        authorization.access_key.clone(),
        authorization.day.clone(),
        authorization.region.clone(),
        authorization.service.clone(),
    );
    let key = state.signing_keys.entry(scope).or_insert_with(|| {
        signing_key(&credential.secret, &authorization.day, &authorization.region, &authorization.service)
    });
    let values: Vec<(&str, String)> = authorization
        .signed_headers
        .iter()
        .map(|name| {
            let values: Vec<&str> =
                request.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
            (name.as_str(), values.join(","))
        })
        .collect();
    let headers: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let signed = Signed {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        headers: &headers,
        body: &request.body,
        date,
        region: &authorization.region,
        service: &authorization.service,
    };
    let named = Service::named(&authorization.service) == Some(service);
    if signature(&signed, key) != authorization.signature || !named {
        return Err(service.wrong_signature());
    }
    let token = request.header("x-amz-security-token");
    match &credential.session {
        Some((known, _)) if token != Some(known) => return Err(service.unknown_key()),
        Some((_, expires)) if *expires <= wall => return Err(service.expired()),
        None if token.is_some() => return Err(service.unknown_key()),
        _ => {}
    }
    let mut caller = Caller {
        account: credential.account.clone(),
        arn: credential.arn.clone(),
        user_id: credential.user_id.clone(),
        region: authorization.region,
    };
    // The same credentials serve in every partition here; in AWS each has its own.
    if credential.session.is_none() {
        caller.arn = caller.arn.replacen("arn:aws:", &format!("arn:{}:", caller.partition()), 1);
    }
    Ok(caller)
}

fn anonymous(state: &State) -> Caller {
    Caller {
        account: "anonymous".to_owned(),
        arn: "anonymous".to_owned(),
        user_id: "anonymous".to_owned(),
        region: state.default_region.clone(),
    }
}

fn compare_dates(date: &str, at: Millis, wall: Millis) -> String {
    let now = amz_date(wall);
    if at < wall {
        let limit = amz_date(wall - TOLERANCE_MS);
        format!("Signature expired: {date} is now earlier than {limit} ({now} - 5 min.)")
    } else {
        let limit = amz_date(wall + TOLERANCE_MS);
        format!("Signature not yet current: {date} is still later than {limit} ({now} + 5 min.)")
    }
}
