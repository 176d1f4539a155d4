//! The invariants of the architecture, held against the sources. Which they are and why stands in the documentation of
//! the two crates; here is what a machine can check of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::witness::root;

mod source;

use source::Source;

/// A rule: whom it binds, and what those must not name.
struct Rule {
    /// Paths of files or folders from the root of the repository.
    binds: &'static [&'static str],
    /// Paths below which the rule does not hold.
    except: &'static [&'static str],
    /// Beginnings of paths in code, `*` at the end for any continuation of the last name.
    never: &'static [&'static str],
    /// Why.
    because: &'static str,
}

/// The SDK's crates. (aws_lc_rs is a library of cryptography.)
const AWS: &[&str] =
    &["aws_config", "aws_credential_types", "aws_runtime", "aws_sdk_*", "aws_smithy_*", "aws_types"];

const RULES: &[Rule] = &[
    Rule {
        binds: &["src/krb5"],
        except: &[],
        never: &[
            "crate::aws",
            "crate::provider",
            "crate::resources",
            "crate::data_sources",
            "crate::functions",
            "crate::tags",
            "tf_provider",
        ],
        because: "krb5 imports nothing of ours",
    },
    Rule {
        binds: &["src/krb5"],
        except: &[],
        never: &[
            "async",
            "await",
            "tokio",
            "std::fs",
            "std::io",
            "std::process",
            "std::env",
            "std::thread",
            "std::net::Tcp*",
            "std::net::Udp*",
            "std::net::ToSocketAddrs",
        ],
        because: "krb5 is pure: no I/O, not async",
    },
    Rule {
        binds: &["tf-provider/src/value"],
        except: &[],
        never: &["crate::framework", "crate::protocol", "crate::plugin", "crate::model", "crate::serve"],
        because: "value imports nothing of ours",
    },
    Rule {
        binds: &["tf-provider/src", "src"],
        except: &["tf-provider/src/protocol"],
        never: &["crate::protocol::proto", "tf_provider::protocol::proto", "prost", "prost_types"],
        because: "tfplugin6's generated code is named by its own layer alone",
    },
    Rule {
        binds: &["tf-provider/src", "src"],
        except: &["tf-provider/src/plugin"],
        never: &["crate::plugin::proto"],
        because: "go-plugin's generated code is named by its own layer alone",
    },
    Rule {
        binds: &["src"],
        except: &[],
        never: &["tf_provider::protocol", "tf_provider::plugin", "tonic"],
        because: "a provider is written against the framework",
    },
    Rule {
        binds: &["src", "tf-provider/src"],
        except: &["src/aws"],
        never: AWS,
        because: "only aws names the SDK",
    },
    Rule {
        binds: &["tf-provider/src/framework"],
        except: &[],
        never: &["crate::protocol", "crate::plugin", "tonic", "prost"],
        because: "the framework knows neither the protocol nor the handshake",
    },
    Rule {
        binds: &["tf-provider/src/plugin"],
        except: &[],
        never: &["crate::framework", "crate::protocol", "crate::value"],
        because: "the plugin layer is handed ready routes and knows no type of Terraform's",
    },
    Rule {
        binds: &["src", "tf-provider/src"],
        except: &["tf-provider/src/plugin/mod.rs"],
        never: &["println", "print", "std::io::stdout", "std::io::Stdout", "tokio::io::stdout", "stdout"],
        because: "stdout carries the handshake line and nothing else",
    },
    Rule {
        binds: &["src", "tf-provider/src"],
        except: &[],
        never: &["std::io::stdin", "std::io::Stdin", "tokio::io::stdin", "stdin"],
        because: "stdin is inherited and never read",
    },
];

/// What in this source breaks that rule: `line: name`.
fn broken(source: &Source, rule: &Rule) -> Vec<String> {
    let names = source.names.iter();
    let wrong = names.filter(|name| rule.never.iter().any(|never| begins_with(&name.path, never)));
    wrong.map(|name| format!("{}: {}", name.line, name.path)).collect()
}

fn begins_with(path: &str, never: &str) -> bool {
    match (never.strip_suffix('*'), path.strip_prefix(never)) {
        (Some(stem), _) => path.starts_with(stem),
        (None, Some(rest)) => rest.is_empty() || rest.starts_with("::"),
        (None, None) => false,
    }
}

/// The Rust files below a folder, by their path from the root.
fn rust_files(path: &str, found: &mut Vec<String>) {
    let full = root().join(path);
    if full.is_file() {
        found.push(path.to_owned());
        return;
    }
    for entry in fs::read_dir(&full).unwrap_or_else(|error| panic!("{path}: {error}")) {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{path}/{name}");
        if root().join(&path).is_dir() || Path::new(&name).extension().is_some_and(|end| end == "rs") {
            rust_files(&path, found);
        }
    }
}

#[test]
fn layers_know_only_what_they_may() {
    let mut problems = Vec::new();
    for rule in RULES {
        let mut files = Vec::new();
        rule.binds.iter().for_each(|path| rust_files(path, &mut files));
        files.retain(|file| !rule.except.iter().any(|except| Path::new(file).starts_with(except)));
        assert!(!files.is_empty(), "the rule \"{}\" binds no file", rule.because);
        for file in files {
            let source = Source::read(&file, &fs::read_to_string(root().join(&file)).unwrap());
            problems.extend(
                broken(&source, rule).into_iter().map(|at| format!("{file}:{at} ({})", rule.because)),
            );
        }
    }
    problems.sort();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn the_framework_depends_on_no_aws_crate() {
    let manifest = fs::read_to_string(root().join("tf-provider/Cargo.toml")).unwrap();
    let wrong: Vec<&str> = manifest.lines().filter(|line| line.starts_with("aws")).collect();
    assert!(wrong.is_empty(), "tf-provider/Cargo.toml: {wrong:?}");
}

/// What a folder of types holds, against its list, the examples and the pages.
fn type_problems(folder: &str, plural: &str, example: &str, prefix: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let list = fs::read_to_string(root().join(folder).join("mod.rs")).unwrap();
    let mut listed = source::modules(&list);
    let offered = listed.clone();
    listed.sort_unstable();
    if listed != offered {
        problems.push(format!("{folder}/mod.rs: the list is not in alphabetical order: {offered:?}"));
    }
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let files: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".rs").to_owned())
        .filter(|name| name != "mod")
        .collect();
    for name in &files {
        if !listed.contains(name) {
            problems.push(format!("{folder}/{name}: is not in the list of {folder}/mod.rs"));
        }
        let mut texts = Vec::new();
        let path = format!("{folder}/{name}");
        for part in [format!("{path}.rs"), path.clone()] {
            if root().join(&part).exists() {
                rust_files(&part, &mut texts);
            }
        }
        let all: String = texts.iter().map(|file| fs::read_to_string(root().join(file)).unwrap()).collect();
        let Some(type_name) = source::type_name(&all) else { continue };
        if type_name != *name {
            problems.push(format!("{path}: holds {type_name:?}, so it is not called as its type"));
        }
        if !list.contains(&format!("{name}::")) {
            problems.push(format!("{path}: offers {type_name:?}, which {folder}/mod.rs does not"));
        }
        for file in [
            format!("examples/{plural}/{prefix}{type_name}/{example}"),
            format!("docs/{plural}/{type_name}.md"),
        ] {
            if !root().join(&file).is_file() {
                problems.push(format!("{path}: {file} is missing"));
            }
        }
    }
    problems
}

#[test]
fn every_type_is_listed_has_an_example_and_a_page() {
    let mut problems = type_problems("src/resources", "resources", "resource.tf", "aurorakerberos_");
    problems.extend(type_problems("src/data_sources", "data-sources", "data-source.tf", "aurorakerberos_"));
    problems.extend(type_problems("src/functions", "functions", "function.tf", ""));
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// What the rules about a file say of a snippet in it.
#[track_caller]
fn check(file: &str, snippet: &str, expect: &[&str]) {
    let source = Source::read(file, snippet);
    let binding = RULES.iter().filter(|rule| {
        let is_below = |paths: &[&str]| paths.iter().any(|path| Path::new(file).starts_with(path));
        is_below(rule.binds) && !is_below(rule.except)
    });
    let found: BTreeSet<String> = binding.flat_map(|rule| broken(&source, rule)).collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expect, "{file}: {snippet}");
}

#[test]
fn each_rule_bites() {
    check("src/krb5/host.rs", "use crate::aws::Aws;", &["1: crate::aws::Aws"]);
    check("src/krb5/host.rs", "\nuse super::super::{krb5::Host, tags};", &["2: crate::tags"]);
    check("src/krb5/host.rs", "use tf_provider::value::Value;", &["1: tf_provider::value::Value"]);
    check("src/krb5/host.rs", "async fn f() { g().await }", &["1: async", "1: await"]);
    check(
        "src/krb5/host.rs",
        "use std::{fmt, fs::File, net::{IpAddr, TcpStream}};",
        &["1: std::fs::File", "1: std::net::TcpStream"],
    );
    check("src/krb5/host.rs", "use std::net::IpAddr; use crate::krb5::Host;", &[]);
    check("tf-provider/src/value/path.rs", "use crate::framework::Plan;", &["1: crate::framework::Plan"]);
    check("tf-provider/src/lib.rs", "use protocol::proto::Schema;", &[]);
    check("tf-provider/src/framework/plan.rs", "use crate::protocol::Rpc;", &["1: crate::protocol::Rpc"]);
    check(
        "tf-provider/src/framework/plan.rs",
        "mod a { use super::super::super::plugin::Cookie; }",
        &["1: crate::plugin::Cookie"],
    );
    check("tf-provider/src/plugin/mod.rs", "fn f(v: crate::value::Value) {}", &["1: crate::value::Value"]);
    check(
        "tf-provider/src/protocol/mod.rs",
        "use super::plugin::proto::Empty;",
        &["1: crate::plugin::proto::Empty"],
    );
    check(
        "src/provider/mod.rs",
        "use tf_provider::protocol::msgpack;",
        &["1: tf_provider::protocol::msgpack"],
    );
    check("src/resources/a.rs", "use aws_sdk_rds::Client;", &["1: aws_sdk_rds::Client"]);
    check("src/aws/rds.rs", "use aws_sdk_rds::Client;", &[]);
    check(
        "src/resources/a.rs",
        "println!(\"x\"); let a = std::io::stdout();",
        &["1: println", "1: std::io::stdout"],
    );
    check("tf-provider/src/plugin/mod.rs", "let a = std::io::stdin();", &["1: std::io::stdin"]);
}

#[test]
fn comments_and_texts_are_no_code() {
    check(
        "src/krb5/mod.rs",
        "//! no async, no `tokio::fs`\n/* crate::aws */ let a = \"crate::aws::x\"; let b = 'a';",
        &[],
    );
    check(
        "src/krb5/mod.rs",
        "let a = r#\"crate::aws \" \"#; let b = '\"'; use crate::aws;",
        &["1: crate::aws"],
    );
    check("src/krb5/mod.rs", "fn f<'a>(a: &'a str) -> crate::aws::X {}", &["1: crate::aws::X"]);
}
