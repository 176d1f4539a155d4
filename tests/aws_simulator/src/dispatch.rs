//! From a request to an answer: who calls what, which fault meets it, what the handler says, and how it is written.

use std::time::Duration;

use serde_json::{Value, json};

use crate::auth::authenticate;
use crate::error::{Answer, ApiError};
use crate::faults::FaultKind;
use crate::holds::Gate;
use crate::journal::{Call, summary_of_form, summary_of_json};
use crate::query::Params;
use crate::service::Service;
use crate::state::{Caller, State, World};
use crate::xml::Xml;
use crate::{ds, ec2, iam, rds, sts, tagging};

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: bytes::Bytes,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// An answer on its way.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) request_id: String,
    pub(crate) body: String,
    /// How late it goes out.
    pub(crate) delay: Duration,
    /// Whether the body ends in the middle.
    pub(crate) truncated: bool,
}

/// The input in the service's own protocol.
enum Input {
    Json(Value),
    Form(Params),
}

/// What is called.
struct Target {
    service: Service,
    operation: String,
    input: Input,
}

/// What holds this call, if anything.
pub(crate) fn gate(state: &State, request: &Request) -> Option<Gate> {
    let target = read_target(request).ok()?;
    state.holds.take(target.service, &target.operation)
}

/// Answers a request. `None` closes the connection.
pub(crate) fn answer(state: &mut State, request: &Request) -> Option<Reply> {
    state.settle();
    let request_id = state.request_id();
    let target = match read_target(request) {
        Ok(target) => target,
        Err(error) => {
            let json = request.header("x-amz-target").is_some();
            let service = if json { Service::Ds } else { Service::Sts };
            return Some(write(service, &request_id, Err(error)));
        }
    };
    let Target { service, operation, input } = &target;
    let region = request_region(state, request);
    let mut call = Call {
        number: 0,
        at: state.clock.now(),
        service: *service,
        operation: operation.clone(),
        account: String::new(),
        region,
        parameters: match input {
            Input::Json(body) => summary_of_json(body),
            Input::Form(params) => summary_of_form(params),
        },
        outcome: String::new(),
        status: 0,
        effective: false,
        request_id,
        user_agent: request.header("user-agent").unwrap_or_default().to_owned(),
    };
    let fault = state.faults.take(*service, operation);
    let answer = authenticate(state, request, *service, operation).and_then(|caller| {
        call.account.clone_from(&caller.account);
        refuse_by_fault(fault.as_ref(), *service, operation, &caller)?;
        if fault == Some(FaultKind::ResetBefore) {
            return Ok(None);
        }
        handle(state, &caller, &target, &call.request_id).map(Some)
    });
    let effective = matches!(answer, Ok(Some(_)));
    let answer = answer.transpose();
    let lost = answer.is_none() || fault == Some(FaultKind::ResetAfter);
    let reply = answer.map(|answer| {
        call.outcome = answer.as_ref().map_or_else(|error| error.code.clone(), |_| "ok".to_owned());
        let mut reply = write(*service, &call.request_id, answer);
        match fault {
            Some(FaultKind::Delay(delay)) => reply.delay = delay,
            Some(FaultKind::Truncated) => reply.truncated = true,
            Some(FaultKind::Malformed) => "<not json { nor xml".clone_into(&mut reply.body),
            Some(FaultKind::Empty) => reply.body = empty(operation, &reply.body),
            _ => {}
        }
        reply
    });
    call.effective = effective;
    if lost {
        "reset".clone_into(&mut call.outcome);
    } else {
        call.status = reply.as_ref().map_or(0, |reply| reply.status);
    }
    state.journal.push(call);
    reply.filter(|_| !lost)
}

/// A success without anything in it, in the form of the answer that it takes the place of.
fn empty(operation: &str, answer: &str) -> String {
    if answer.starts_with('{') {
        return "{}".to_owned();
    }
    format!("<{operation}Response><{operation}Result/></{operation}Response>")
}

fn request_region(state: &State, request: &Request) -> String {
    let authorization = request.header("authorization").and_then(crate::sigv4::Authorization::parse);
    authorization.map_or_else(|| state.default_region.clone(), |authorization| authorization.region)
}

fn refuse_by_fault(
    fault: Option<&FaultKind>,
    service: Service,
    operation: &str,
    caller: &Caller,
) -> Answer<()> {
    Err(match fault {
        Some(FaultKind::Throttled) => service.throttled(),
        Some(FaultKind::InternalFailure) => service.internal_failure(),
        Some(FaultKind::ServiceUnavailable) => service.unavailable(),
        Some(FaultKind::AccessDenied) => service.denied(caller, operation),
        Some(FaultKind::ExpiredToken) => service.expired(),
        Some(FaultKind::Refused(status, code, message)) => ApiError::new(*status, code, message),
        _ => return Ok(()),
    })
}

/// Finds service and operation: by `X-Amz-Target`, or by `Action` and the signature's scope or the API version.
fn read_target(request: &Request) -> Answer<Target> {
    if let Some(target) = request.header("x-amz-target") {
        let of = |prefix: &str, service| Some((service, target.strip_prefix(prefix)?.to_owned()));
        let Some((service, operation)) = of("DirectoryService_20150416.", Service::Ds)
            .or_else(|| of("ResourceGroupsTaggingAPI_20170126.", Service::Tagging))
        else {
            return Err(Service::Ds.unknown_operation(target));
        };
        let body = if request.body.is_empty() { "{}".as_bytes() } else { &request.body };
        let body = serde_json::from_slice(body)
            .map_err(|_| ApiError::bad("SerializationException", "The request body is not JSON."))?;
        return Ok(Target { service, operation, input: Input::Json(body) });
    }
    let text = String::from_utf8_lossy(&request.body);
    let text = if text.is_empty() { request.query.as_str().into() } else { text };
    let params = Params::parse(&text);
    let operation = params.get("Action").unwrap_or_default().to_owned();
    let authorization = request.header("authorization").and_then(crate::sigv4::Authorization::parse);
    let service = authorization
        .and_then(|authorization| Service::named(&authorization.service))
        .or_else(|| Service::of_version(params.get("Version")?))
        .filter(|service| !service.is_json());
    let Some(service) = service else {
        return Err(ApiError::new(404, "UnknownOperationException", "No service answers this request."));
    };
    Ok(Target { service, operation, input: Input::Form(params) })
}

/// Runs the handler and writes what it says.
fn handle(state: &mut State, caller: &Caller, target: &Target, request_id: &str) -> Answer<String> {
    let now = state.clock.now();
    let mut world = World { state, caller, now };
    let Target { service, operation, input } = target;
    let xml = match (service, input) {
        (Service::Ds | Service::Tagging, Input::Json(body)) => {
            let answer = match service {
                Service::Ds => ds::call(&mut world, operation, body),
                _ => tagging::call(&mut world, operation, body),
            };
            let value = answer.unwrap_or_else(|| Err(service.unknown_operation(operation)))?;
            return Ok(value.to_string());
        }
        (Service::Rds, Input::Form(params)) => rds::call(&mut world, operation, params),
        (Service::Iam, Input::Form(params)) => iam::call(&mut world, operation, params),
        (Service::Ec2, Input::Form(params)) => ec2::call(&mut world, operation, params),
        (Service::Sts, Input::Form(params)) => sts::call(&mut world, operation, params),
        _ => None,
    };
    let result = xml.unwrap_or_else(|| Err(service.unknown_operation(operation)))?.finish();
    let mut text = format!("<{operation}Response xmlns=\"{}\">", service.namespace());
    let mut xml = Xml::new();
    if *service == Service::Ec2 {
        xml.text("requestId", request_id).raw(&result);
    } else {
        xml.node(&format!("{operation}Result"), |xml| {
            xml.raw(&result);
        });
        xml.node("ResponseMetadata", |xml| {
            xml.text("RequestId", request_id);
        });
    }
    text.push_str(&xml.finish());
    Ok(format!("{text}</{operation}Response>"))
}

fn write(service: Service, request_id: &str, answer: Answer<String>) -> Reply {
    let json = service.is_json();
    let (status, body) = match answer {
        Ok(body) => (200, body),
        Err(error) => (
            error.status,
            if json { json_error(&error, request_id) } else { xml_error(service, &error, request_id) },
        ),
    };
    Reply {
        status,
        content_type: if json { "application/x-amz-json-1.1" } else { "text/xml;charset=UTF-8" },
        request_id: request_id.to_owned(),
        body,
        delay: Duration::ZERO,
        truncated: false,
    }
}

fn json_error(error: &ApiError, request_id: &str) -> String {
    json!({ "__type": error.code, "Message": error.message, "message": error.message, "RequestId": request_id })
        .to_string()
}

fn xml_error(service: Service, error: &ApiError, request_id: &str) -> String {
    let mut xml = Xml::new();
    if service == Service::Ec2 {
        xml.node("Response", |xml| {
            xml.list("Errors", "Error", [error], |xml, error| {
                xml.text("Code", &error.code).text("Message", &error.message);
            });
            xml.text("RequestID", request_id);
        });
        return xml.finish();
    }
    xml.node("Error", |xml| {
        let side = if error.status >= 500 { "Receiver" } else { "Sender" };
        xml.text("Type", side).text("Code", &error.code).text("Message", &error.message);
    });
    xml.text("RequestId", request_id);
    format!("<ErrorResponse xmlns=\"{}\">{}</ErrorResponse>", service.namespace(), xml.finish())
}
