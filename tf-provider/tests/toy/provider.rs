//! A provider that manages files in a folder: small and complete, what the framework's own tests run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tf_provider::framework::schema::Behaviour;
use tf_provider::framework::{
    Apply, Config, Configuration, Configured, Context, DataSource, DefaultTimeouts, Diagnostic, Diagnostics,
    Failure, Function, FunctionDefinition, FunctionError, Parameter, Plan, Progress, Provider, Registry,
    Resource, Secret, Timeouts, wait_until,
};
use tf_provider::value::{Number, Type, Value};

tf_provider::model! {
    /// Manages toys, which are files in a folder.
    pub struct Settings / SettingsView {
        /// Folder of the toys.
        pub folder: Option<String> => optional(),
    }
}

tf_provider::model! {
    /// A toy.
    pub struct Toy / ToyView {
        /// Identifier.
        pub id: String => computed().kept(),
        /// Name; another name is another toy.
        pub name: String => required().replace().length(1, 64),
        /// What it looks like, in any case.
        pub color: Option<String> => optional().spelling(str::to_lowercase),
        /// Size in centimetres; it can grow but not shrink.
        pub size: Number => optional().default(Value::from(10)).replace_if(|old, new| old > new),
        /// Secret of the toy, never stored.
        pub secret_wo: Option<Secret> => optional().write_only(),
        /// Raise it to send a new secret.
        pub secret_wo_version: Option<i64> => optional(),
        /// How long the secret is that the toy knows.
        pub secret_length: i64 => computed(),
        /// Labels.
        pub labels: Option<BTreeMap<String, String>> => optional(),
        /// Anything at all.
        pub anything: Value => optional(),
        /// Parts, in order.
        pub parts: Option<Vec<Piece>> => optional(),
        /// Wheels.
        pub wheel: Vec<Wheel> => wheels(),
        /// What the toy does when it is made: `ready`, `slow`, `stuck`, `broken` or `panic`.
        pub mood: String => optional().default("ready").one_of(&["ready", "slow", "stuck", "broken", "panic"]),
        /// How long operations may take.
        pub timeouts: Option<Timeouts> => block(),
    }
}

tf_provider::model! {
    /// A part of a toy.
    pub struct Piece / PieceView {
        /// Name of the part.
        pub name: String => required(),
        /// Serial number.
        pub serial: String => computed(),
    }
}

tf_provider::model! {
    /// A wheel of a toy.
    pub struct Wheel / WheelView {
        /// Diameter in centimetres.
        pub diameter: i64 => required().between(1, 100),
        /// What it is made of.
        pub material: String => optional().default("wood"),
    }
}

tf_provider::model! {
    /// What identifies a toy.
    pub struct ToyIdentity / ToyIdentityView {
        /// Name of the toy.
        pub name: String => required(),
    }
}

fn wheels() -> Behaviour {
    tf_provider::framework::schema::block().max_items(4)
}

/// The folder of the toys.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Whatever the name, the file is in the folder.
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{}.toy", name.replace(['/', '\\', '\0'], "_")))
    }

    /// A toy's file holds its color, its size and the length of its secret, a line each.
    fn read(&self, name: &str) -> Result<Option<[String; 3]>, Failure> {
        match std::fs::read_to_string(self.file(name)) {
            Ok(text) => {
                let mut lines = text.lines().map(str::to_owned);
                let mut next = || lines.next().unwrap_or_default();
                Ok(Some([next(), next(), next()]))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&self.0, &error)),
        }
    }

    fn write(&self, toy: &Toy) -> Result<(), Failure> {
        let color = toy.color.clone().unwrap_or_default().to_lowercase();
        let text = format!("{color}\n{}\n{}\n", toy.size, toy.secret_length);
        std::fs::write(self.file(&toy.name), text).map_err(|error| unreadable(&self.0, &error))
    }
}

fn unreadable(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::unexpected(format!("The folder {} cannot be used: {error}.", folder.display()))
}

fn secret_length(toy: &Toy) -> i64 {
    let length = toy.secret_wo.as_ref().map_or(0, |secret| secret.expose().len());
    i64::try_from(length).unwrap_or(i64::MAX)
}

struct Toys;

impl Toys {
    fn finish(toy: &mut Toy) {
        for (index, part) in toy.parts.iter_mut().flatten().enumerate() {
            if part.serial.is_empty() {
                part.serial = format!("{}-{index}", toy.name);
            }
        }
    }
}

impl Resource for Toys {
    type Client = Folder;
    type Model = Toy;
    type Identity = ToyIdentity;

    const NAME: &'static str = "thing";
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(1, 1, 1);

    fn label(&self, model: &Toy) -> String {
        if model.id.is_empty() { model.name.clone() } else { model.id.clone() }
    }

    fn identity(&self, _client: &Folder, model: &Toy) -> ToyIdentity {
        ToyIdentity { name: model.name.clone() }
    }

    fn parse_import_id(&self, id: &str) -> Result<ToyIdentity, String> {
        match id.strip_prefix("toy-") {
            Some(name) => Ok(ToyIdentity { name: name.to_owned() }),
            None => Err("The import id must have the form \"toy-NAME\".".to_owned()),
        }
    }

    fn imported(&self, identity: ToyIdentity) -> Result<Toy, Failure> {
        Ok(Toy { name: identity.name, ..Toy::default() })
    }

    fn validate(&self, config: &Config<'_, Toy>, found: &mut Diagnostics) {
        if config.view.name.text() == Some("nothing") {
            found.error_at("name", "Invalid value for name", "A toy must not be called nothing.");
        }
    }

    fn adjust_plan(&self, plan: &mut Plan<'_, Toy>, _client: Option<&Folder>) {
        if !plan.is_create() && plan.has_changes() && !plan.changes("secret_wo_version") {
            let length = plan.prior.as_ref().and_then(|prior| prior.secret_length.known().copied());
            plan.set("secret_length", length.unwrap_or_default());
        }
    }

    async fn check_plan(&self, client: &Folder, plan: &Plan<'_, Toy>, _context: &Context) -> Diagnostics {
        let mut found = Diagnostics::new();
        if !client.0.is_dir() {
            found.push(Diagnostic::warning("No folder", "The folder of the toys does not exist yet."));
        }
        if let (true, Some(name)) = (plan.is_create(), plan.planned.name.text())
            && client.file(name).exists()
        {
            found.error_at(
                "name",
                "The toy exists",
                "Another toy has that name. Import it, or choose another name.",
            );
        }
        found
    }

    async fn create(&self, client: &Folder, mut toy: Toy, apply: &Apply<Toy>) -> Result<Toy, Failure> {
        apply.go_on("making the toy")?;
        toy.id = format!("toy-{}", toy.name);
        toy.secret_length = secret_length(&toy);
        Self::finish(&mut toy);
        client.write(&toy)?;
        apply.save(&toy);
        let mut asked = 0;
        wait_until(
            apply,
            &format!("toy {} to be ready", toy.name),
            || {
                asked += 1;
                std::future::ready(Ok(asked))
            },
            |asked| match toy.mood.as_str() {
                // Not where a fuzzer could find these two words: they are what it looks for.
                "stuck" if cfg!(not(fuzzing)) => Progress::pending("stuck"),
                "slow" if asked < 4 => Progress::pending("drying"),
                "broken" => Progress::Failed(Failure::unexpected("The toy broke while it dried.")),
                "panic" if cfg!(not(fuzzing)) => panic!("the toy panicked, and its secret with it"),
                _ => Progress::Done(()),
            },
        )
        .await?;
        Ok(toy)
    }

    async fn read(&self, client: &Folder, mut toy: Toy, _context: &Context) -> Result<Option<Toy>, Failure> {
        let Some([color, size, secret_length]) = client.read(&toy.name)? else { return Ok(None) };
        toy.id = format!("toy-{}", toy.name);
        toy.color = Some(color).filter(|color| !color.is_empty());
        toy.size = size.parse().map_err(|_| Failure::unexpected("The toy has no size."))?;
        toy.secret_length = secret_length.parse().unwrap_or_default();
        if toy.mood.is_empty() {
            "ready".clone_into(&mut toy.mood);
        }
        Ok(Some(toy))
    }

    async fn update(
        &self,
        client: &Folder,
        prior: Toy,
        mut toy: Toy,
        _apply: &Apply<Toy>,
    ) -> Result<Toy, Failure> {
        if prior.secret_wo_version != toy.secret_wo_version {
            toy.secret_length = secret_length(&toy);
        }
        Self::finish(&mut toy);
        client.write(&toy)?;
        Ok(toy)
    }

    async fn delete(&self, client: &Folder, toy: Toy, _apply: &Apply<Toy>) -> Result<(), Failure> {
        match std::fs::remove_file(client.file(&toy.name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unreadable(&client.0, &error)),
            _ => Ok(()),
        }
    }

    fn upgrade(&self, from: i64, _state: serde_json::Value) -> Result<serde_json::Value, String> {
        Err(format!("There are no toys of version {from}."))
    }
}

tf_provider::model! {
    /// Counts the toys.
    pub struct Count / CountView {
        /// Only toys of this color.
        pub color: Option<String> => optional(),
        /// How many there are.
        pub count_of_toys: i64 => computed(),
    }
}

struct Counts;

impl DataSource for Counts {
    type Client = Folder;
    type Model = Count;

    const NAME: &'static str = "count";

    async fn read(
        &self,
        client: Result<&Folder, Failure>,
        config: Count,
        _context: &Context,
    ) -> Result<Count, Failure> {
        let folder = client?;
        let entries = std::fs::read_dir(&folder.0).map_err(|error| unreadable(&folder.0, &error))?;
        let names: Vec<String> = entries
            .filter_map(|entry| {
                entry.ok()?.file_name().into_string().ok()?.strip_suffix(".toy").map(str::to_owned)
            })
            .collect();
        let mut count = 0;
        for name in names {
            let toy = folder.read(&name)?;
            let wanted = |[color, ..]: [String; 3]| config.color.as_ref().is_none_or(|want| *want == color);
            count += i64::from(toy.is_some_and(wanted));
        }
        Ok(Count { count_of_toys: count, ..config })
    }
}

struct Reverse;

impl Function for Reverse {
    fn definition(&self) -> FunctionDefinition {
        FunctionDefinition {
            name: "reverse",
            summary: "Reverses a text",
            doc: "Returns the characters of a text in the opposite order.".to_owned(),
            parameters: vec![Parameter {
                name: "text",
                doc: "The text.".to_owned(),
                ty: Type::String,
                allow_null: false,
                allow_unknown: false,
            }],
            variadic: None,
            returns: Type::String,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() {
            return Err(FunctionError::at(0, "There is nothing to reverse."));
        }
        Ok(text.chars().rev().collect::<String>().into())
    }
}

/// The provider of toys.
pub struct ToyProvider;

impl Provider for ToyProvider {
    type Config = Settings;
    type Client = Folder;

    const NAME: &'static str = "toy";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ADDRESS: &'static str = "registry.terraform.io/example/toy";
    const BINARY: &'static str = "terraform-provider-toy";
    const LOG_TARGETS: &'static [&'static str] = &["toy"];

    async fn configure(&self, configuration: Configuration<Settings>) -> Result<Configured<Folder>, Failure> {
        if !configuration.unknown.is_empty() {
            return Ok(Configured::Waiting(configuration.unknown));
        }
        let folder = configuration.config.folder.map_or_else(
            || Err(Failure::config("folder", "There is no folder for the toys.").advise("Set folder.")),
            |folder| Ok(PathBuf::from(folder)),
        )?;
        tokio::time::sleep(Duration::ZERO).await;
        Ok(Configured::Ready(Folder(folder)))
    }

    fn offer(&self, registry: &mut Registry<Folder>) {
        registry.resource(Toys).data_source(Counts).function(Reverse);
    }
}

fn main() -> ExitCode {
    tf_provider::serve(ToyProvider)
}
