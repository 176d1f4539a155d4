//! What Terraform stored, or a person typed: states, identities, import ids.

use std::collections::HashMap;
use std::future::Future;

use tf_provider::framework::Provider;
use tf_provider::protocol::proto::provider_server::Provider as _;
use tf_provider::protocol::proto::{self, DynamicValue, RawState, ResourceIdentityData};
use tf_provider::protocol::{json, msgpack};
use tf_provider::value::Type;
use tonic::{Request, Response, Status};

use crate::target::{Kind, Target};
use crate::{Source, values};

impl<P: Provider> Target<P> {
    /// Reads the bytes as the stored state and the stored identity of every resource type; where the first one is odd,
    /// as the JSON of a value of each type, bent.
    ///
    /// What is accepted reads the same when it is stored again.
    pub fn upgrade(&self, bytes: &[u8]) {
        let Some((mode, rest)) = bytes.split_first() else { return };
        let version = i64::from(mode / 2 % 4) - 1;
        for kind in &self.resources {
            let mut source = Source::new(rest);
            let mut stored = |ty: &Type| {
                let bent = if mode % 2 == 0 { None } else { values::encoded_as_json(&mut source, ty).ok() };
                bent.unwrap_or_else(|| rest.to_vec())
            };
            let (state, identity) = (stored(&kind.ty), stored(&kind.identity));
            if let Some(state) = self.upgraded(kind, version, state) {
                stays(&state, &kind.ty, |json| self.upgraded(kind, self.version(kind), json));
            }
            if let Some(identity) = self.upgraded_identity(kind, version, identity) {
                stays(&identity, &kind.identity, |json| self.upgraded_identity(kind, 0, json));
            }
        }
    }

    fn version(&self, kind: &Kind) -> i64 {
        self.server.schemas().resources[&kind.name].version
    }

    fn upgraded(&self, kind: &Kind, version: i64, json: Vec<u8>) -> Option<DynamicValue> {
        let raw_state = Some(RawState { json, flatmap: HashMap::new() });
        let message =
            proto::upgrade_resource_state::Request { type_name: kind.name.clone(), version, raw_state };
        let answer = self.answer(self.rpc.upgrade_resource_state(Request::new(message)));
        fine(&answer.diagnostics).then_some(answer.upgraded_state).flatten()
    }

    fn upgraded_identity(&self, kind: &Kind, version: i64, json: Vec<u8>) -> Option<DynamicValue> {
        let raw_identity = Some(RawState { json, flatmap: HashMap::new() });
        let message =
            proto::upgrade_resource_identity::Request { type_name: kind.name.clone(), version, raw_identity };
        let answer = self.answer(self.rpc.upgrade_resource_identity(Request::new(message)));
        fine(&answer.diagnostics).then_some(answer.upgraded_identity?.identity_data).flatten()
    }

    /// Imports an object of every resource type by the bytes as its id; by a word that an id may hold between two halves
    /// of them, where the first one is odd.
    ///
    /// The identity that an id stands for imports the same object.
    pub fn import(&self, bytes: &[u8]) {
        let Some((mode, rest)) = bytes.split_first() else { return };
        let mut id = String::from_utf8_lossy(rest).into_owned();
        if mode % 2 == 1 {
            let mut source = Source::new(rest);
            let parts = [(); 3].map(|()| values::text(&mut source).unwrap_or_default());
            id = parts.join(["", "/", ":", ","][usize::from(mode / 2 % 4)]);
        }
        for kind in &self.resources {
            let message = |id: &str, identity| proto::import_resource_state::Request {
                type_name: kind.name.clone(),
                id: id.to_owned(),
                identity,
                ..Default::default()
            };
            let imported = |id: &str, identity: Option<ResourceIdentityData>| {
                let call = self.rpc.import_resource_state(Request::new(message(id, identity)));
                let answer = self.answer(call);
                assert!(answer.imported_resources.is_empty() != fine(&answer.diagnostics), "{answer:?}");
                answer.imported_resources
            };
            let first = imported(&id, None);
            let Some(object) = first.first() else { continue };
            assert!(object.identity.is_some(), "an import without identity");
            assert!(imported("", object.identity.clone()) == first, "the identity is another object's");
        }
    }

    /// The answer of a call that does not wait.
    fn answer<T>(&self, call: impl Future<Output = Result<Response<T>, Status>>) -> T {
        match self.runtime.block_on(call) {
            Ok(answer) => answer.into_inner(),
            Err(status) => panic!("{status}"),
        }
    }
}

/// Panics unless what was read reads the same when it is stored again.
fn stays(read: &DynamicValue, ty: &Type, again: impl Fn(Vec<u8>) -> Option<DynamicValue>) {
    let value = msgpack::decode(&read.msgpack, ty).unwrap_or_else(|error| panic!("{error}"));
    let stored = json::encode(&value, ty).unwrap_or_else(|error| panic!("stored: {error}"));
    assert!(again(stored).as_ref() == Some(read), "what was stored reads in another way");
}

/// Whether nothing is wrong; panics where the provider panicked.
pub(crate) fn fine(diagnostics: &[proto::Diagnostic]) -> bool {
    assert!(!diagnostics.iter().any(|told| told.detail.contains("The provider panicked")), "{diagnostics:?}");
    diagnostics.iter().all(|told| told.severity() != proto::diagnostic::Severity::Error)
}
