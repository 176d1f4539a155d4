//! The pages: front matter, introduction, examples, schema, import; and the pages of functions and guides.

use super::notes::{friendly_type, type_words};
use super::schema::{write_identity, write_schema};
use super::text::{code, summary, unwrap};
use super::{Examples, Guide, Object, Pages, Provider, validate};
use crate::framework::function::{FunctionDefinition, Parameter};
use crate::framework::schema::Schema;

/// Stands in the front matter of every generated page, and of no other.
pub(super) const MARKER: &str =
    "# Generated from schema and examples by `cargo test`; changes made here are lost.";

const IMPORT_BLOCK: &str = "[`import` block](https://developer.hashicorp.com/terraform/language/import)";
const IMPORT_COMMAND: &str =
    "[`terraform import`](https://developer.hashicorp.com/terraform/cli/commands/import)";

/// The pages of a provider.
///
/// The error lists everything to be put right first: example files that are missing, that do not use what they
/// are the example of or that do not say what they show, and all that [`validate()`] finds.
pub fn render(provider: &Provider, examples: &dyn Examples) -> Result<Pages, Vec<String>> {
    let mut renderer = Renderer { provider, examples, problems: Vec::new() };
    let texts = std::iter::once(renderer.index())
        .chain(provider.objects.iter().map(|object| renderer.object(object)))
        .collect::<Vec<_>>();
    let functions: Vec<String> =
        provider.functions.iter().map(|function| renderer.function(function)).collect();
    let guides: Vec<String> = provider.guides.iter().map(|guide| renderer.guide(guide)).collect();
    let mut problems = renderer.problems;
    let mut pages = Pages::new();
    for (path, text) in provider.page_paths().zip(texts.into_iter().chain(functions).chain(guides)) {
        if pages.insert(path.clone(), text).is_some() {
            problems.push(format!("{path}: two things have this page"));
        }
    }
    problems.extend(validate(provider, &pages));
    if problems.is_empty() { Ok(pages) } else { Err(problems) }
}

/// Markdown in blocks, with one blank line between.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// Adds a block; an empty one is left out.
    pub(super) fn block(&mut self, text: &str) {
        let text = text.trim_matches('\n').trim_end();
        if !text.is_empty() {
            self.0.push_str(text);
            self.0.push_str("\n\n");
        }
    }

    /// Adds a list of the given items.
    pub(super) fn list(&mut self, items: impl Iterator<Item = String>) {
        self.block(&items.collect::<Vec<_>>().join("\n"));
    }

    fn finish(self) -> String {
        format!("{}\n", self.0.trim_end())
    }
}

fn front_matter(page: &mut Page, title: &str, subcategory: Option<&str>, description: &str) {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut lines = vec!["---".to_owned(), MARKER.to_owned(), format!("page_title: {}", quoted(title))];
    lines.extend(subcategory.map(|name| format!("subcategory: {}", quoted(name))));
    lines.extend(["description: |-".to_owned(), format!("  {}", summary(description)), "---".to_owned()]);
    page.block(&lines.join("\n"));
}

fn deprecation(page: &mut Page, message: Option<&str>) {
    if let Some(message) = message {
        page.block(&format!("~> **Deprecated** {}", unwrap(message)));
    }
}

struct Renderer<'a> {
    provider: &'a Provider,
    examples: &'a dyn Examples,
    problems: Vec<String>,
}

impl Renderer<'_> {
    fn index(&mut self) -> String {
        let Provider { name, title, schema, notes, .. } = self.provider;
        let mut page = Page::default();
        front_matter(&mut page, &format!("{title} Provider"), None, &schema.doc);
        page.block(&format!("# {title} Provider"));
        deprecation(&mut page, schema.deprecated);
        page.block(&unwrap(&schema.doc));
        self.usage(&mut page, "examples/provider", ("provider", "tf"), &format!("provider \"{name}\""));
        page.block(&unwrap(notes));
        write_schema(&mut page, schema);
        page.finish()
    }

    fn object(&mut self, object: &Object) -> String {
        let Object { kind, type_name, schema, identity, importable, subcategory, notes } = object;
        let mut page = Page::default();
        let title = format!("{type_name} {} - {}", kind.words(), self.provider.name);
        front_matter(&mut page, &title, Some(subcategory), &schema.doc);
        page.block(&format!("# {type_name} ({})", kind.words()));
        deprecation(&mut page, schema.deprecated);
        page.block(&unwrap(&schema.doc));
        let folder = format!("examples/{}/{type_name}", kind.folder());
        self.usage(&mut page, &folder, kind.example_file(), &format!("\"{type_name}\""));
        page.block(&unwrap(notes));
        write_schema(&mut page, schema);
        if *importable {
            self.import(&mut page, &folder, type_name, identity.as_ref());
        }
        page.finish()
    }

    fn function(&mut self, function: &FunctionDefinition) -> String {
        let FunctionDefinition { name, summary, doc, parameters, variadic, returns, deprecated } = function;
        let mut page = Page::default();
        front_matter(&mut page, &format!("{name} function - {}", self.provider.name), Some(""), summary);
        page.block(&format!("# function: {name}"));
        deprecation(&mut page, *deprecated);
        page.block(&unwrap(doc));
        let call = format!("provider::{}::{name}(", self.provider.name);
        self.usage(&mut page, &format!("examples/functions/{name}"), ("function", "tf"), &call);
        page.block("## Signature");
        let arguments = parameters.iter().map(|p| format!("{} {}", p.name, friendly_type(&p.ty)));
        let further = variadic.iter().map(|p| format!("{} {}...", p.name, friendly_type(&p.ty)));
        let arguments = arguments.chain(further).collect::<Vec<_>>().join(", ");
        page.block(&code("text", &format!("{name}({arguments}) {}", friendly_type(returns))));
        page.block("## Arguments");
        if parameters.is_empty() && variadic.is_none() {
            page.block("The function takes no arguments.");
        }
        let arguments = parameters.iter().map(|parameter| argument(parameter, ""));
        page.list(arguments.chain(variadic.iter().map(|parameter| argument(parameter, "Variadic, "))));
        page.block("## Return Type");
        page.block(&format!("The result is of type `{returns}`."));
        page.finish()
    }

    fn guide(&mut self, guide: &Guide) -> String {
        let mut page = Page::default();
        front_matter(&mut page, &guide.title, Some(&guide.subcategory), &guide.text);
        page.block(&format!("# {}", guide.title));
        let at = format!("docs/guides/{}.md", guide.name);
        let lines = unwrap(&guide.text);
        let lines: Vec<String> = lines.lines().map(|line| self.included(&at, line)).collect();
        page.block(&lines.join("\n"));
        page.finish()
    }

    /// The line, or the file that it names as a block of code.
    fn included(&mut self, page: &str, line: &str) -> String {
        let Some(inner) = line.strip_prefix("{{").and_then(|line| line.strip_suffix("}}")) else {
            return line.to_owned();
        };
        let parts: Vec<&str> = inner.split('"').map(str::trim).collect();
        match parts[..] {
            ["tffile", path, ""] => code("terraform", &self.required(path)),
            ["codefile", language, "", path, ""] => code(language, &self.required(path)),
            _ => {
                self.problems.push(format!("{page}: `{line}` is neither a tffile nor a codefile"));
                String::new()
            }
        }
    }

    /// The examples in a folder: the file that must be there, then those named after it (`resource-NAME.tf`),
    /// each under its first comment as heading.
    fn usage(&mut self, page: &mut Page, folder: &str, (stem, extension): (&str, &str), uses: &str) {
        page.block("## Example Usage");
        let path = format!("{folder}/{stem}.{extension}");
        let first = self.example(&path, uses);
        page.block(&code("terraform", &first));
        let mut further = self.examples.names(folder);
        further.retain(|name| {
            let between = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
            between.is_some_and(|rest| rest.starts_with('-') && rest.ends_with('.'))
        });
        further.sort();
        for name in further {
            let path = format!("{folder}/{name}");
            let text = self.example(&path, uses);
            match text.strip_prefix("# ").and_then(|text| text.split_once('\n')) {
                Some((heading, text)) => {
                    page.block(&format!("### {}", heading.trim().trim_end_matches(['.', ':'])));
                    page.block(&code("terraform", text));
                }
                None => self.problems.push(format!("{path}: begins with no comment that says what it shows")),
            }
        }
    }

    fn import(&mut self, page: &mut Page, folder: &str, type_name: &str, identity: Option<&Schema>) {
        page.block("## Import");
        if let Some(identity) = identity {
            let text = self.example(&format!("{folder}/import-by-identity.tf"), type_name);
            page.block(&format!(
                "With Terraform 1.12 or later, an {IMPORT_BLOCK} can name the object by its identity:"
            ));
            page.block(&code("terraform", &text));
            write_identity(page, identity);
            page.block("### Import by ID");
        }
        let text = self.example(&format!("{folder}/import-by-string-id.tf"), type_name);
        page.block(&format!("With Terraform 1.5 or later, an {IMPORT_BLOCK} can name the object by its ID:"));
        page.block(&code("terraform", &text));
        let text = self.example(&format!("{folder}/import.sh"), type_name);
        page.block(&format!("With any version, the command {IMPORT_COMMAND} takes the same ID:"));
        page.block(&code("shell", &text));
    }

    /// An example that must be there and use the given words: a file copied from elsewhere and not adapted is
    /// found by that.
    fn example(&mut self, path: &str, uses: &str) -> String {
        let text = self.required(path);
        if !text.is_empty() && !text.contains(uses) {
            self.problems.push(format!("{path}: does not use `{uses}`"));
        }
        text
    }

    fn required(&mut self, path: &str) -> String {
        let text = self.examples.read(path).unwrap_or_default();
        if text.trim().is_empty() {
            self.problems.push(format!("{path}: missing or empty, and the documentation needs it"));
            return String::new();
        }
        text
    }
}

fn argument(parameter: &Parameter, variadic: &str) -> String {
    let Parameter { name, doc, ty, allow_null, .. } = parameter;
    let null = if *allow_null { ", Nullable" } else { "" };
    let doc = unwrap(doc).replace("\n\n", " ").replace('\n', " ");
    format!("1. `{name}` ({variadic}{}{null}) {doc}", type_words(ty))
}
