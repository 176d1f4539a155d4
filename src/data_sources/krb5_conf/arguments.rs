//! From the attributes, some of which may not be known yet, to the arguments of the pure module.

use tf_provider::framework::model::View;
use tf_provider::framework::{Diagnostic, Diagnostics};
use tf_provider::value::Path;

use super::model::{Krb5ConfView, RealmBlockView};
use crate::krb5::{Argument, Arguments, Config, Parsed, Problem, RealmArguments, Scope, Segment, Warning};

/// Stands for a name that is not known yet. It can be nobody's (RFC 2606, section 2).
const UNKNOWN: &str = "UNKNOWN.INVALID";

/// What the attributes ask for.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The arguments, with what is unknown left out or, where that is impossible, replaced.
    pub(crate) arguments: Arguments,
    /// Whether something is unknown that other arguments are checked against.
    incomplete: bool,
    /// What is wrong already: null where a value must be, and numbers that are no `i64`.
    found: Vec<(Path, String)>,
    /// Lists that lost elements, each with the places where the others stood.
    places: Vec<(Path, Vec<usize>)>,
}

/// What is wrong, and what to say even though nothing is.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Errors, each with its path.
    pub(crate) problems: Vec<(Path, String)>,
    /// Warnings, each with its path and what it depends on.
    pub(crate) warnings: Vec<(Path, String, Scope)>,
}

impl Gathered {
    /// Takes what is known. The directory is not looked at.
    pub(crate) fn of(view: &Krb5ConfView) -> Self {
        let mut gathered = Self { incomplete: !view.directory_id.is_null(), ..Self::default() };
        let arguments = Arguments {
            derived: Vec::new(),
            realms: gathered.realms(&view.realm),
            default_realm: gathered.decisive(&view.default_realm),
            domain_realm: gathered.domain_realm(view),
            rds_realm: gathered.decisive(&view.rds_realm),
            dns_lookup_kdc: gathered.decisive(&view.dns_lookup_kdc),
            dns_lookup_realm: view.dns_lookup_realm.known().copied(),
            dns_canonicalize_hostname: view.dns_canonicalize_hostname.known().cloned(),
            rdns: view.rdns.known().copied(),
            ticket_lifetime: view.ticket_lifetime.known().cloned(),
            renew_lifetime: view.renew_lifetime.known().cloned(),
            forwardable: view.forwardable.known().copied(),
            udp_preference_limit: gathered.udp_preference_limit(view),
            default_tkt_enctypes: gathered.types("default_tkt_enctypes", &view.default_tkt_enctypes),
            permitted_enctypes: gathered.types("permitted_enctypes", &view.permitted_enctypes),
            style: view.style.known().cloned(),
        };
        gathered.arguments = arguments;
        gathered
    }

    /// Adds the realms that the directory gave; the first is its own. A block of the same name takes the place of one.
    pub(crate) fn join(&mut self, directory: Vec<RealmArguments>) {
        let arguments = &mut self.arguments;
        if let Some(own) = directory.first() {
            arguments.default_realm.get_or_insert_with(|| own.name.clone());
            arguments.rds_realm.get_or_insert_with(|| own.name.clone());
        }
        arguments.derived = directory;
        let written = &arguments.realms;
        arguments
            .derived
            .retain(|realm| !written.iter().any(|block| block.name.eq_ignore_ascii_case(&realm.name)));
        self.incomplete = false;
    }

    /// The content of the file, where nothing is wrong.
    pub(crate) fn parse(&self) -> (Option<Config>, Verdict) {
        let mut arguments = self.arguments.clone();
        if self.incomplete {
            // Some realm will be there; without one, nothing else would be looked at.
            arguments.derived.push(RealmArguments { name: UNKNOWN.to_owned(), ..RealmArguments::default() });
        }
        let mut verdict = Verdict { problems: self.found.clone(), warnings: Vec::new() };
        let stays = |scope: Scope| !self.incomplete || scope == Scope::Value;
        let config = match Config::parse(&arguments) {
            Ok(Parsed { config, warnings }) => {
                for Warning { argument, message, scope } in warnings {
                    if stays(scope) {
                        verdict.warnings.push((self.path(&argument), message, scope));
                    }
                }
                Some(config)
            }
            Err(problems) => {
                for Problem { argument, message, scope } in problems {
                    if stays(scope) {
                        verdict.problems.push((self.path(&argument), message));
                    }
                }
                None
            }
        };
        (config.filter(|_| verdict.problems.is_empty()), verdict)
    }

    /// A value whose absence means something to other arguments.
    fn decisive<T: Clone>(&mut self, value: &View<T>) -> Option<T> {
        self.incomplete |= value.is_unknown();
        value.known().cloned()
    }

    fn realms(&mut self, blocks: &View<Vec<View<RealmBlockView>>>) -> Vec<RealmArguments> {
        self.incomplete |= !blocks.is_complete();
        let blocks = blocks.known_elements().enumerate();
        blocks
            .map(|(position, block)| self.realm(&Path::of("realm").index(position), position, block))
            .collect()
    }

    fn realm(&mut self, at: &Path, position: usize, block: &RealmBlockView) -> RealmArguments {
        let name = self.decisive(&block.name);
        self.incomplete |= !block.kdc.is_complete() || !block.domains.is_complete();
        RealmArguments {
            // Each unknown realm is another one, as far as anybody knows.
            name: name.unwrap_or_else(|| format!("REALM{position}.{UNKNOWN}")),
            kdc: self.list(at.clone().attribute("kdc"), &block.kdc).unwrap_or_default(),
            admin_server: block.admin_server.known().cloned(),
            kpasswd_server: block.kpasswd_server.known().cloned(),
            master_kdc: block.master_kdc.known().cloned(),
            domains: self.list(at.clone().attribute("domains"), &block.domains),
        }
    }

    fn domain_realm(&mut self, view: &Krb5ConfView) -> std::collections::BTreeMap<String, String> {
        self.incomplete |= view.domain_realm.is_unknown();
        let mut lines = std::collections::BTreeMap::new();
        for (domain, realm) in view.domain_realm.known().into_iter().flatten() {
            if realm.is_null() {
                self.null(Path::of("domain_realm").key(domain));
                continue;
            }
            let realm = self.decisive(realm).unwrap_or_else(|| UNKNOWN.to_owned());
            lines.insert(domain.clone(), realm);
        }
        lines
    }

    fn udp_preference_limit(&mut self, view: &Krb5ConfView) -> Option<i64> {
        let limit = view.udp_preference_limit.known()?;
        if limit.to_i64().is_none() {
            let message = format!("{limit} is not a whole number from 0 to 32700.");
            self.found.push((Path::of("udp_preference_limit"), message));
        }
        limit.to_i64()
    }

    fn types(&mut self, name: &str, list: &View<Vec<View<String>>>) -> Option<Vec<String>> {
        let types = self.list(Path::of(name), list)?;
        // What is empty here may not be so for long.
        (!types.is_empty() || list.is_complete()).then_some(types)
    }

    /// The known elements, and a note of where they stood when others were left out.
    fn list(&mut self, at: Path, list: &View<Vec<View<String>>>) -> Option<Vec<String>> {
        let elements = list.known()?;
        let mut known = Vec::new();
        let mut places = Vec::new();
        for (place, element) in elements.iter().enumerate() {
            match element {
                View::Known(text) => {
                    known.push(text.clone());
                    places.push(place);
                }
                View::Null => self.null(at.clone().index(place)),
                View::Unknown => {}
            }
        }
        if places.len() < elements.len() {
            self.places.push((at, places));
        }
        Some(known)
    }

    fn null(&mut self, at: Path) {
        self.found.push((at, "It is null; a value must be there.".to_owned()));
    }

    /// The path of an argument in the configuration.
    fn path(&self, argument: &Argument) -> Path {
        let mut path = Path::root();
        for segment in &argument.0 {
            path = match segment {
                Segment::Name(name) => path.attribute(*name),
                Segment::Key(key) => path.key(key),
                Segment::Index(index) => {
                    let places = self.places.iter().find(|(list, _)| *list == path);
                    let place = places.and_then(|(_, places)| places.get(*index)).unwrap_or(index);
                    path.index(*place)
                }
            };
            // The directory's realms are no arguments; what is in them has no place in the configuration.
            if path == Path::of("directory_id") {
                break;
            }
        }
        path
    }
}

impl Verdict {
    /// The errors, and the warnings that depend on that.
    pub(crate) fn report(self, warn: impl Fn(Scope) -> bool, found: &mut Diagnostics) {
        for (path, message) in self.problems {
            found.error_at(path.clone(), format!("Invalid value for {path}"), message);
        }
        for (path, message, scope) in self.warnings {
            if warn(scope) {
                found.push(Diagnostic::warning(format!("About {path} in krb5.conf"), message).at(path));
            }
        }
    }

    /// All errors as one text, each with its path.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> =
            self.problems.iter().map(|(path, message)| format!("{path}: {message}")).collect();
        lines.join("\n")
    }
}
