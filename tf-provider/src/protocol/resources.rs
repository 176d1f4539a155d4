//! The calls about managed resources, from message to framework and back.

use super::codec::nfc;
use super::convert;
use super::proto;
use super::rpc::Rpc;
use crate::framework::lifecycle::{ApplyRequest, ImportTarget, ObjectResponse, PlanRequest};
use crate::framework::plan;
use crate::framework::private::Private;
use crate::framework::server::Kind;
use crate::framework::{Diagnostic, Provider};
use crate::value::Value;

/// The identity in a message: absent and null are none.
fn identity_in<P: Provider>(
    kind: &Kind<P>,
    data: Option<&proto::ResourceIdentityData>,
) -> Result<Option<Value>, Diagnostic> {
    let Some(data) = data.and_then(|data| data.identity_data.as_ref()) else { return Ok(None) };
    let value = convert::decode(Some(data), &kind.identity_type)
        .map_err(|malformed| malformed.describe("resource identity"))?;
    Ok(Some(value).filter(|value| !value.is_null()))
}

fn identity_out<P: Provider>(
    kind: &Kind<P>,
    identity: Option<&Value>,
) -> Result<Option<proto::ResourceIdentityData>, Diagnostic> {
    let Some(identity) = identity else { return Ok(None) };
    let identity_data = Some(convert::encode(identity, &kind.identity_type)?);
    Ok(Some(proto::ResourceIdentityData { identity_data }))
}

impl<P: Provider> Rpc<P> {
    pub(super) async fn plan(
        &self,
        request: &proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostic> {
        let kind = self.kind(&request.type_name)?;
        let ty = &kind.object_type;
        let decode = |value: &Option<proto::DynamicValue>, what| {
            convert::decode(value.as_ref(), ty).map_err(|malformed| malformed.describe(what))
        };
        let planned = self
            .server
            .plan(
                kind,
                PlanRequest {
                    config: decode(&request.config, "configuration")?,
                    prior: decode(&request.prior_state, "prior state")?,
                    proposed: decode(&request.proposed_new_state, "proposed state")?,
                    private: Private::from_bytes(&request.prior_private),
                    identity: identity_in(kind, request.prior_identity.as_ref())?,
                },
            )
            .await;
        Ok(proto::plan_resource_change::Response {
            planned_state: Some(convert::encode(&planned.planned, ty)?),
            requires_replace: planned.replace.iter().map(convert::attribute_path).collect(),
            planned_private: planned.private.to_bytes(),
            planned_identity: identity_out(kind, planned.identity.as_ref())?,
            diagnostics: convert::diagnostics(planned.diagnostics),
            legacy_type_system: false,
            deferred: None,
        })
    }

    pub(super) async fn apply(
        &self,
        request: &proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostic> {
        // Whatever goes wrong before the framework is asked, the object is as it was.
        let unchanged = |diagnostic| proto::apply_resource_change::Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            new_identity: request.planned_identity.clone(),
            diagnostics: vec![convert::diagnostic(diagnostic)],
            legacy_type_system: false,
        };
        let kind = match self.kind(&request.type_name) {
            Ok(kind) => kind,
            Err(diagnostic) => return Ok(unchanged(diagnostic)),
        };
        let work = match apply_request(kind, request) {
            Ok(work) => work,
            Err(diagnostic) => return Ok(unchanged(diagnostic)),
        };
        let ObjectResponse { state, private, identity, diagnostics } = self.server.apply(kind, work).await;
        let (state, problem) = convert::encode_what_fits(&state, &kind.object_type);
        let mut diagnostics = convert::diagnostics(diagnostics);
        diagnostics.extend(problem.map(convert::diagnostic));
        let new_identity = identity_out(kind, identity.as_ref()).unwrap_or_else(|problem| {
            diagnostics.push(convert::diagnostic(problem));
            request.planned_identity.clone()
        });
        Ok(proto::apply_resource_change::Response {
            new_state: Some(state),
            private: private.to_bytes(),
            new_identity,
            diagnostics,
            legacy_type_system: false,
        })
    }

    pub(super) async fn read(
        &self,
        request: &proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostic> {
        let unchanged = |diagnostic| proto::read_resource::Response {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            diagnostics: vec![convert::diagnostic(diagnostic)],
            deferred: None,
        };
        let kind = match self.kind(&request.type_name) {
            Ok(kind) => kind,
            Err(diagnostic) => return Ok(unchanged(diagnostic)),
        };
        let ty = &kind.object_type;
        let state = match convert::decode(request.current_state.as_ref(), ty) {
            Ok(state) => state,
            Err(malformed) => return Ok(unchanged(malformed.describe("state"))),
        };
        let identity = match identity_in(kind, request.current_identity.as_ref()) {
            Ok(identity) => identity,
            Err(diagnostic) => return Ok(unchanged(diagnostic)),
        };
        let private = Private::from_bytes(&request.private);
        let ObjectResponse { state, private, identity, diagnostics } =
            self.server.read(kind, state, private, identity).await;
        let encoded =
            convert::encode(&state, ty).and_then(|state| Ok((state, identity_out(kind, identity.as_ref())?)));
        let (state, new_identity) = match encoded {
            Ok(encoded) => encoded,
            Err(diagnostic) => return Ok(unchanged(diagnostic)),
        };
        Ok(proto::read_resource::Response {
            new_state: Some(state),
            private: private.to_bytes(),
            new_identity,
            diagnostics: convert::diagnostics(diagnostics),
            deferred: None,
        })
    }

    pub(super) fn import(
        &self,
        request: &proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostic> {
        let kind = self.kind(&request.type_name)?;
        let target = match identity_in(kind, request.identity.as_ref())? {
            Some(identity) => ImportTarget::Identity(identity),
            // Core takes an id from the command line as it is; every other string has passed through its values.
            None => ImportTarget::Id(nfc(&request.id)),
        };
        let ObjectResponse { state, private, identity, diagnostics } = self.server.import(kind, target);
        let mut response = proto::import_resource_state::Response {
            diagnostics: convert::diagnostics(diagnostics),
            ..proto::import_resource_state::Response::default()
        };
        if !state.is_null() {
            response.imported_resources.push(proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: Some(convert::encode(&state, &kind.object_type)?),
                private: private.to_bytes(),
                identity: identity_out(kind, identity.as_ref())?,
            });
        }
        Ok(response)
    }

    pub(super) fn upgrade_state(
        &self,
        request: &proto::upgrade_resource_state::Request,
    ) -> Result<proto::upgrade_resource_state::Response, Diagnostic> {
        let kind = self.kind(&request.type_name)?;
        let ty = &kind.object_type;
        let stored = request.raw_state.as_ref().map(|raw| raw.json.as_slice()).unwrap_or_default();
        let stored = convert::parse_stored(stored).map_err(|malformed| malformed.describe("stored state"))?;
        let upgraded = self.server.upgrade(kind, request.version, stored)?;
        let state = convert::stored(&upgraded, ty).map_err(|malformed| malformed.describe("stored state"))?;
        let attributes = &kind.schema.attributes;
        let state = plan::with_empty_blocks(attributes, plan::without_write_only(attributes, state));
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: Some(convert::encode(&state, ty)?),
            diagnostics: Vec::new(),
        })
    }

    pub(super) fn upgrade_identity(
        &self,
        request: &proto::upgrade_resource_identity::Request,
    ) -> Result<proto::upgrade_resource_identity::Response, Diagnostic> {
        let kind = self.kind(&request.type_name)?;
        let stored = request.raw_identity.as_ref().map(|raw| raw.json.as_slice()).unwrap_or_default();
        let identity = convert::parse_stored(stored)
            .and_then(|stored| convert::stored(&stored, &kind.identity_type))
            .map_err(|malformed| malformed.describe("stored identity"))?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: identity_out(kind, Some(&identity))?,
            diagnostics: Vec::new(),
        })
    }
}

fn apply_request<P: Provider>(
    kind: &Kind<P>,
    request: &proto::apply_resource_change::Request,
) -> Result<ApplyRequest, Diagnostic> {
    let ty = &kind.object_type;
    let decode = |value: &Option<proto::DynamicValue>, what| {
        convert::decode(value.as_ref(), ty).map_err(|malformed| malformed.describe(what))
    };
    Ok(ApplyRequest {
        config: decode(&request.config, "configuration")?,
        prior: decode(&request.prior_state, "prior state")?,
        planned: decode(&request.planned_state, "plan")?,
        private: Private::from_bytes(&request.planned_private),
        identity: identity_in(kind, request.planned_identity.as_ref())?,
    })
}
