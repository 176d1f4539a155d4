//! What a host says before the first call: arguments and environment.

use tf_provider::plugin::{self, Cookie, Plugin};

const PLUGIN: Plugin = Plugin {
    name: "terraform-provider-toy",
    version: "0.0.0",
    address: "registry.terraform.io/example/toy",
    protocol: 6,
    cookie: Cookie::TERRAFORM_PROVIDER,
    log_targets: &[],
};

/// The variables that a plugin reads, in the order in which lines set them.
const VARIABLES: [&str; 9] = [
    "PLUGIN_CLIENT_CERT",
    "PLUGIN_MIN_PORT",
    "PLUGIN_MAX_PORT",
    "PLUGIN_UNIX_SOCKET_DIR",
    "PLUGIN_UNIX_SOCKET_GROUP",
    "PLUGIN_MULTIPLEX_GRPC",
    "PLUGIN_PROTOCOL_VERSIONS",
    "TF_LOG",
    "TF_PLUGIN_MAGIC_COOKIE",
];

/// Starts a plugin, short of listening, with the environment that the bytes hold: the variables in their order, each
/// up to a NUL, as the system itself passes them. A cookie that is absent is the right one.
///
/// The plugin is ready with one handshake line that go-plugin can read, or says why not.
pub fn environment(bytes: &[u8]) {
    let values = bytes.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let values: Vec<String> = values.take(VARIABLES.len()).collect();
    let get = |name: &str| {
        let at = VARIABLES.iter().position(|variable| *variable == name)?;
        let cookie = (name == PLUGIN.cookie.key).then(|| PLUGIN.cookie.value.to_owned());
        values.get(at).cloned().or(cookie)
    };
    let given = |name: &str| get(name).is_some_and(|value| !value.is_empty());
    match plugin::rehearse(&PLUGIN, get) {
        Ok(line) => {
            assert!(!line.contains(['\n', '\r']), "more than one line: {line:?}");
            let fields: Vec<&str> = line.split('|').collect();
            let asked = usize::from(given("PLUGIN_MULTIPLEX_GRPC"));
            assert_eq!((fields.len(), &fields[..3]), (6 + asked, &["1", "6", "unix"][..]), "{line:?}");
            assert_eq!(!fields[5].is_empty(), given("PLUGIN_CLIENT_CERT"), "{line:?}");
        }
        Err(said) => assert!(!said.is_empty(), "refused without a word"),
    }
}
