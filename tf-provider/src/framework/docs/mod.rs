//! The `docs/` folder of a provider, in the format of the Terraform registry, from its schemas and the files
//! under `examples/` alone.
//!
//! [`render`] is pure: it takes the declarations and what reads the examples, and returns the pages, or
//! everything that keeps them from being right. [`check`] compares pages with the files on disk. One test in
//! the provider calls both, so that `cargo test` is the generator and the checker at once:
//!
//! ```no_run
//! # fn provider() -> tf_provider::framework::docs::Provider { unimplemented!() }
//! # fn main() -> Result<(), Vec<String>> {
//! use std::path::Path;
//! use tf_provider::framework::docs;
//!
//! let root = Path::new(env!("CARGO_MANIFEST_DIR"));
//! let pages = docs::render(&provider(), &docs::OnDisk::new(root))?;
//! docs::check(root, &pages, docs::Mode::from_env())
//! # }
//! ```
//!
//! The layout of both folders is the registry's
//! (<https://developer.hashicorp.com/terraform/registry/providers/docs>); what a page looks like is what users
//! know from tfplugindocs, with three things more: defaults, allowed values and forced replacement are told
//! from the declaration, where the text of an attribute does not tell them.

mod files;
mod notes;
mod page;
mod schema;
#[cfg(test)]
mod tests;
mod text;
mod validate;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

pub use files::{Mode, check};
pub use page::render;
pub use validate::validate;

use super::function::FunctionDefinition;
use super::schema::Schema;
use super::server::Server;

/// The pages by their path from the root of the repository, `docs/index.md` and so on, with `/` between folders.
pub type Pages = BTreeMap<String, String>;

/// What the pages are written from.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Local name, the prefix of every type name.
    pub name: String,
    /// What people call it: the title of the index page.
    pub title: String,
    /// The provider block. Its doc is the introduction of the index page.
    pub schema: Schema,
    /// Further sections of the index page, in Markdown, between the example and the schema; may be empty.
    pub notes: String,
    /// Everything that has a type name.
    pub objects: Vec<Object>,
    /// The provider's functions.
    pub functions: Vec<FunctionDefinition>,
    /// Pages of free text.
    pub guides: Vec<Guide>,
}

/// One type of object that the provider offers.
#[derive(Debug, Clone)]
pub struct Object {
    /// What kind of object it is.
    pub kind: ObjectKind,
    /// Name in HCL, with the provider's prefix.
    pub type_name: String,
    /// Its attributes; for list resources and actions those of the `config` block.
    pub schema: Schema,
    /// What identifies one object (Terraform 1.12 and later). [`super::schema::Presence`] tells what an import
    /// must state (required) and what it may leave out (optional).
    pub identity: Option<Schema>,
    /// Whether it can be imported. Its folder of examples must then hold the import forms.
    pub importable: bool,
    /// Heading under which the registry groups the page; empty for none.
    pub subcategory: String,
    /// Further sections of the page, in Markdown, between the examples and the schema; may be empty.
    pub notes: String,
}

/// The kinds of object that have a page each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// `resource "…" "…" { … }`
    Resource,
    /// `data "…" "…" { … }`
    DataSource,
    /// `ephemeral "…" "…" { … }`, Terraform 1.10 and later.
    EphemeralResource,
    /// `list "…" "…" { … }` in a query file, Terraform 1.14 and later.
    ListResource,
    /// `action "…" "…" { … }`, Terraform 1.14 and later.
    Action,
}

/// A page of free text.
#[derive(Debug, Clone)]
pub struct Guide {
    /// Name of the file, without extension.
    pub name: String,
    /// Title of the page.
    pub title: String,
    /// Heading under which the registry groups the page; empty for none.
    pub subcategory: String,
    /// The page in Markdown, without a title. A line `{{tffile "examples/…"}}` becomes that file as a block of
    /// Terraform code, a line `{{codefile "shell" "examples/…"}}` a block of the language named.
    pub text: String,
}

/// Where the examples are read from. Paths start at the root of the repository, with `/` between folders.
pub trait Examples {
    /// The text of a file, or `None` where there is no such file or it cannot be read as UTF-8.
    fn read(&self, path: &str) -> Option<String>;

    /// The names of the files in a folder, in any order; none where there is no such folder.
    fn names(&self, folder: &str) -> Vec<String>;
}

/// Examples on disk.
#[derive(Debug, Clone)]
pub struct OnDisk {
    root: PathBuf,
}

impl OnDisk {
    /// The examples of the repository with this root.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Examples for OnDisk {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok().map(|text| text.replace("\r\n", "\n"))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// Examples in memory, by path.
impl Examples for BTreeMap<String, String> {
    fn read(&self, path: &str) -> Option<String> {
        self.get(path).cloned()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let within = self.keys().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        within.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    }
}

impl Provider {
    /// A provider that offers nothing yet.
    pub fn new(name: impl Into<String>, title: impl Into<String>, schema: Schema) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            schema,
            notes: String::new(),
            objects: Vec::new(),
            functions: Vec::new(),
            guides: Vec::new(),
        }
    }

    /// Everything that a provider offers, from its own declarations. Notes, subcategories and guides are for the caller
    /// to add.
    pub fn of<P: super::Provider>(server: &Server<P>, title: impl Into<String>) -> Self {
        let schemas = server.schemas();
        let resources = schemas.resources.iter().map(|(name, schema)| Object {
            identity: schemas.identities.get(name).cloned(),
            importable: true,
            ..Object::new(ObjectKind::Resource, name, schema.clone())
        });
        let data_sources = schemas
            .data_sources
            .iter()
            .map(|(name, schema)| Object::new(ObjectKind::DataSource, name, schema.clone()));
        Self {
            objects: resources.chain(data_sources).collect(),
            functions: server.functions().map(|function| function.definition()).collect(),
            ..Self::new(P::NAME, title, schemas.provider.clone())
        }
    }

    /// The name of a page's file, without folder and extension: the type name without the provider's prefix.
    fn page_name<'a>(&self, type_name: &'a str) -> &'a str {
        let short = type_name.strip_prefix(&self.name).and_then(|rest| rest.strip_prefix('_'));
        short.filter(|short| !short.is_empty()).unwrap_or(type_name)
    }

    /// The path of every page that the provider must have.
    fn page_paths(&self) -> impl Iterator<Item = String> {
        let objects = self
            .objects
            .iter()
            .map(|object| format!("docs/{}/{}.md", object.kind.folder(), self.page_name(&object.type_name)));
        let functions = self.functions.iter().map(|function| format!("docs/functions/{}.md", function.name));
        let guides = self.guides.iter().map(|guide| format!("docs/guides/{}.md", guide.name));
        std::iter::once("docs/index.md".to_owned()).chain(objects).chain(functions).chain(guides)
    }
}

impl Object {
    /// An object without identity, import, subcategory and notes.
    pub fn new(kind: ObjectKind, type_name: impl Into<String>, schema: Schema) -> Self {
        Self {
            kind,
            type_name: type_name.into(),
            schema,
            identity: None,
            importable: false,
            subcategory: String::new(),
            notes: String::new(),
        }
    }
}

impl ObjectKind {
    /// The folder under `docs/` and under `examples/`.
    fn folder(self) -> &'static str {
        match self {
            Self::Resource => "resources",
            Self::DataSource => "data-sources",
            Self::EphemeralResource => "ephemeral-resources",
            Self::ListResource => "list-resources",
            Self::Action => "actions",
        }
    }

    /// The words in the title.
    fn words(self) -> &'static str {
        match self {
            Self::Resource => "Resource",
            Self::DataSource => "Data Source",
            Self::EphemeralResource => "Ephemeral Resource",
            Self::ListResource => "List Resource",
            Self::Action => "Action",
        }
    }

    /// Name and extension of the file with the first example.
    fn example_file(self) -> (&'static str, &'static str) {
        match self {
            Self::Resource => ("resource", "tf"),
            Self::DataSource => ("data-source", "tf"),
            Self::EphemeralResource => ("ephemeral-resource", "tf"),
            Self::ListResource => ("list-resource", "tfquery.hcl"),
            Self::Action => ("action", "tf"),
        }
    }
}
