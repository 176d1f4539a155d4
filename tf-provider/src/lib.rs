//! What a Terraform (or OpenTofu) provider in Rust needs, and nothing of any cloud.
//!
//! # A small complete provider
//!
//! It manages notes in memory. `serve(Notes)` as the body of `main` makes a binary of it that Terraform can run.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Mutex;
//!
//! use tf_provider::framework::{
//!     Apply, Configuration, Configured, Context, DefaultTimeouts, Failure, Provider, Registry, Resource,
//! };
//!
//! tf_provider::model! {
//!     /// Manages notes.
//!     pub struct Settings / SettingsView {}
//! }
//!
//! tf_provider::model! {
//!     /// A note.
//!     pub struct Note / NoteView {
//!         /// Title; another title is another note.
//!         pub title: String => required().replace().length(1, 80),
//!         /// What it says.
//!         pub text: Option<String> => optional(),
//!     }
//! }
//!
//! tf_provider::model! {
//!     /// What identifies a note.
//!     pub struct NoteIdentity / NoteIdentityView {
//!         /// Title of the note.
//!         pub title: String => required(),
//!     }
//! }
//!
//! /// Where the notes are: what a client of an API would be.
//! type Pad = Mutex<BTreeMap<String, Option<String>>>;
//!
//! struct Note_;
//!
//! impl Resource for Note_ {
//!     type Client = Pad;
//!     type Model = Note;
//!     type Identity = NoteIdentity;
//!     const NAME: &'static str = "note";
//!     const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(5, 5, 5);
//!
//!     fn label(&self, note: &Note) -> String {
//!         note.title.clone()
//!     }
//!     fn identity(&self, _: &Pad, note: &Note) -> NoteIdentity {
//!         NoteIdentity { title: note.title.clone() }
//!     }
//!     fn parse_import_id(&self, id: &str) -> Result<NoteIdentity, String> {
//!         Ok(NoteIdentity { title: id.to_owned() })
//!     }
//!     fn imported(&self, identity: NoteIdentity) -> Result<Note, Failure> {
//!         Ok(Note { title: identity.title, text: None })
//!     }
//!     async fn create(&self, pad: &Pad, note: Note, apply: &Apply<Note>) -> Result<Note, Failure> {
//!         pad.lock().unwrap().insert(note.title.clone(), note.text.clone());
//!         apply.save(&note); // whatever happens from here on, the state knows the note
//!         Ok(note)
//!     }
//!     async fn read(&self, pad: &Pad, note: Note, _: &Context) -> Result<Option<Note>, Failure> {
//!         let text = pad.lock().unwrap().get(&note.title).cloned();
//!         Ok(text.map(|text| Note { text, ..note }))
//!     }
//!     async fn update(&self, pad: &Pad, _: Note, note: Note, apply: &Apply<Note>) -> Result<Note, Failure> {
//!         self.create(pad, note, apply).await
//!     }
//!     async fn delete(&self, pad: &Pad, note: Note, _: &Apply<Note>) -> Result<(), Failure> {
//!         pad.lock().unwrap().remove(&note.title);
//!         Ok(())
//!     }
//! }
//!
//! struct Notes;
//!
//! impl Provider for Notes {
//!     type Config = Settings;
//!     type Client = Pad;
//!     const NAME: &'static str = "notes";
//!     const VERSION: &'static str = "0.1.0";
//!     const ADDRESS: &'static str = "registry.terraform.io/example/notes";
//!     const BINARY: &'static str = "terraform-provider-notes";
//!     const LOG_TARGETS: &'static [&'static str] = &["notes"];
//!
//!     async fn configure(&self, _: Configuration<Settings>) -> Result<Configured<Pad>, Failure> {
//!         Ok(Configured::Ready(Pad::default()))
//!     }
//!     fn offer(&self, registry: &mut Registry<Pad>) {
//!         registry.resource(Note_);
//!     }
//! }
//!
//! let server = tf_provider::framework::Server::new(Notes);
//! assert!(server.schemas().resources["notes_note"].problems().is_empty());
//! ```
//!
//! # Layers
//!
//! - [`value`]: values, types, paths, exact numbers. Imports nothing of ours.
//! - [`framework`]: models, schema, planning, lifecycle, failures, waits, documentation. It names neither
//!   [`protocol`] nor [`plugin`], and no protobuf.
//! - [`protocol`]: tfplugin6 to framework and back. Generated code is named here alone.
//! - [`plugin`]: go-plugin's contract. It names no Terraform type: it is handed ready routes, and a way to stop what
//!   they do.
//!
//! # Invariants
//!
//! 1. After the handshake line nothing is written to stdout, and stdin is never read.
//! 2. A panic never breaks the connection: it becomes a diagnostic, and the state that was saved last is returned.
//! 3. A call in flight is not cut while somebody waits for its answer: SIGINT and SIGHUP are ignored, and SIGTERM asks
//!    it to stop and waits for its answer, for eight seconds at most.
//! 4. No value's content reaches `Debug`, a log line or a decoding error: any string may be a secret.
//! 5. This crate depends on no cloud's SDK.

use std::process::ExitCode;
use std::sync::Arc;

// The toy provider, which tests here run too, names the crate as any other provider does.
#[cfg(test)]
extern crate self as tf_provider;

pub mod framework;
pub mod plugin;
pub mod protocol;
pub mod value;

use framework::{Provider, Server};
use plugin::{Cookie, Plugin, Services};
use protocol::Rpc;

/// Runs a provider as the whole of a `main` function: command line, handshake, calls, end.
pub fn serve<P: Provider>(provider: P) -> ExitCode {
    let plugin = Plugin {
        name: P::BINARY,
        version: P::VERSION,
        address: P::ADDRESS,
        protocol: 6,
        cookie: Cookie::TERRAFORM_PROVIDER,
        log_targets: P::LOG_TARGETS,
    };
    plugin::run(&plugin, || {
        let server = Arc::new(Server::new(provider));
        let routes = tonic::service::Routes::new(Rpc::new(Arc::clone(&server)).into_service());
        Services { routes, stop: Box::new(move || server.end()) }
    })
}
