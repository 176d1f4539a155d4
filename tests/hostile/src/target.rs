//! A provider at work, with the names and types that a message may be about.

use std::sync::Arc;

use tf_provider::framework::{Provider, Server};
use tf_provider::protocol::{Rpc, msgpack};
use tf_provider::value::{Type, Value};
use tokio::runtime::{Builder, Runtime};

use crate::{Source, values};

/// A configured provider. Time is the runtime's own, so that a wait lasts no time.
pub struct Target<P: Provider> {
    pub(crate) runtime: Runtime,
    pub(crate) server: Arc<Server<P>>,
    pub(crate) rpc: Rpc<P>,
    pub(crate) resources: Vec<Kind>,
    pub(crate) data_sources: Vec<Kind>,
    pub(crate) config: Value,
    /// An argument of the provider block without which there is no client.
    pub(crate) needed: &'static str,
}

/// A type that a provider offers.
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) identity: Type,
}

impl<P: Provider> std::fmt::Debug for Target<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("server", &self.server).finish_non_exhaustive()
    }
}

impl<P: Provider> Target<P> {
    /// The provider, configured with `config`. `needed` is an argument of its block for which it waits while it is
    /// unknown.
    ///
    /// Panics where the provider refuses the configuration.
    pub fn new(provider: P, config: Value, needed: &'static str) -> Self {
        let server = Arc::new(Server::new(provider));
        let schemas = server.schemas();
        let resources = schemas.resources.iter().map(|(name, schema)| Kind {
            name: name.clone(),
            ty: schema.object_type(),
            identity: schemas.identities[name].object_type(),
        });
        let data_sources = schemas.data_sources.iter().map(|(name, schema)| Kind {
            name: name.clone(),
            ty: schema.object_type(),
            identity: Type::Dynamic,
        });
        let (resources, data_sources) = (resources.collect(), data_sources.collect());
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
        let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
        let rpc = Rpc::new(server.clone());
        let target = Self { runtime, server, rpc, resources, data_sources, config, needed };
        target.configure();
        target
    }

    pub(crate) fn configure(&self) {
        let told = self.runtime.block_on(self.server.configure(&self.config, String::new()));
        assert!(told.is_empty(), "{told:?}");
    }

    /// Every type that a message can hold a value of.
    fn types(&self) -> impl Iterator<Item = &Type> {
        let kinds = self.resources.iter().chain(&self.data_sources);
        kinds.flat_map(|kind| [&kind.ty, &kind.identity]).chain([self.server.provider_type()])
    }

    /// Reads the bytes as MessagePack of every type of the provider's schemas: as they are, or, where the first one is
    /// odd, as the encoding of a value of one type with some bytes changed.
    ///
    /// What is accepted can be written, and what was written once stays as it is.
    pub fn msgpack(&self, bytes: &[u8]) {
        let Some((mode, rest)) = bytes.split_first() else { return };
        if mode % 2 == 0 {
            for ty in self.types() {
                written_again(rest, ty);
            }
        } else {
            let types: Vec<&Type> = self.types().collect();
            let mut source = Source::new(rest);
            let Ok(ty) = source.choose(&types) else { return };
            let Ok(bytes) = values::encoded(&mut source, ty) else { return };
            for ty in types {
                written_again(&bytes, ty);
            }
        }
    }
}

fn written_again(bytes: &[u8], ty: &Type) {
    let Ok(value) = msgpack::decode(bytes, ty) else { return };
    let write = |value: &Value| msgpack::encode(value, ty).unwrap_or_else(|error| panic!("written: {error}"));
    let read = |bytes: &[u8]| msgpack::decode(bytes, ty).unwrap_or_else(|error| panic!("read: {error}"));
    let written = write(&value);
    let again = read(&written);
    // Of what is certain about an unknown value, an encoding may keep less.
    assert!(again == value || !value.is_wholly_known(), "another value came back");
    assert!(write(&again) == written, "the same value is written in two ways");
}
