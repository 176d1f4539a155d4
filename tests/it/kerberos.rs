//! The proof that the rendered files log people in. `tests/kerberos/README.md` says how.

#[path = "../kerberos/mod.rs"]
mod suite;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use aurorakerberos::krb5::{Arguments, RealmArguments};
use serde_json::{Value as Json, json};
use suite::Verdict;

use crate::krb5_conf::offline_workspace;
use crate::support::terraform::Program;
use crate::support::{Core, witness};

const TYPE: &str = "aurorakerberos_krb5_conf";
const INSTALL: &str =
    "tests/kerberos/install.sh DIR, then KERBEROS_KDC_DIR=DIR cargo test --test it kerberos";

/// The configuration that has these arguments.
fn config(arguments: &Arguments) -> Json {
    assert_eq!(arguments.derived, [], "what a directory gives cannot be configured");
    json!({
        "realm": arguments.realms.iter().map(realm).collect::<Vec<_>>(),
        "default_realm": arguments.default_realm,
        "domain_realm": arguments.domain_realm,
        "rds_realm": arguments.rds_realm,
        "dns_lookup_kdc": arguments.dns_lookup_kdc,
        "dns_lookup_realm": arguments.dns_lookup_realm,
        "dns_canonicalize_hostname": arguments.dns_canonicalize_hostname,
        "rdns": arguments.rdns,
        "ticket_lifetime": arguments.ticket_lifetime,
        "renew_lifetime": arguments.renew_lifetime,
        "forwardable": arguments.forwardable,
        "udp_preference_limit": arguments.udp_preference_limit,
        "default_tkt_enctypes": arguments.default_tkt_enctypes,
        "permitted_enctypes": arguments.permitted_enctypes,
        "style": arguments.style,
    })
}

fn realm(realm: &RealmArguments) -> Json {
    json!({
        "name": realm.name,
        "kdc": realm.kdc,
        "admin_server": realm.admin_server,
        "kpasswd_server": realm.kpasswd_server,
        "master_kdc": realm.master_kdc,
        "domains": realm.domains,
    })
}

/// The file by the data source; the function must give the same bytes.
async fn rendered(core: &Core, arguments: &Arguments) -> String {
    let config = config(arguments);
    let state = core.data(TYPE, &config).await.unwrap_or_else(|told| panic!("{config}: {told}"));
    let by_function = core.call("krb5_conf", std::slice::from_ref(&config)).await;
    assert_eq!(by_function.as_ref(), Ok(&state["content"]), "{config}");
    state["content"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn people_log_in_with_the_rendered_files() {
    let core = Core::unconfigured(&[], &json!({})).await;
    let scratch = tempfile::tempdir().unwrap();
    // The servers of the suite run as another user, where the tests run as root.
    fs::set_permissions(scratch.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let folder = |name: &str| {
        let folder = scratch.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    };
    let (example, onprem) = suite::kdc_ports().unwrap();
    let mut files = BTreeMap::new();
    for (name, arguments) in suite::files::files(example, onprem) {
        files.insert(name.to_owned(), rendered(&core, &arguments).await);
    }
    if let Some(by_terraform) = by_terraform(example, onprem) {
        assert_eq!(by_terraform, files);
    }
    let (for_files, for_corpus) = (folder("files"), folder("corpus"));
    fs::write(for_files.join("manifest.json"), suite::files::manifest(example, onprem)).unwrap();
    for (name, content) in files {
        fs::write(for_files.join(name), content).unwrap();
    }
    for (number, (arguments, meaning)) in suite::corpus().iter().enumerate() {
        let name = |extension| for_corpus.join(format!("{number:04}.{extension}"));
        fs::write(name("conf"), rendered(&core, arguments).await).unwrap();
        fs::write(name("json"), meaning.to_string()).unwrap();
    }
    match suite::run(&for_files, &for_corpus, &scratch.path().join("work"), witness::is_ci()) {
        Ok(Verdict::Passed) => {}
        Ok(Verdict::Failed) => panic!("the suite found something wrong: see its lines"),
        Ok(Verdict::Skipped) => witness::skip("everything that the Kerberos suite needs", INSTALL),
        Err(error) => witness::skip(&format!("Python 3 for the Kerberos suite ({error})"), INSTALL),
    }
}

/// The same files by real Terraform, which must know them at plan time; `None` where there is none.
fn by_terraform(example: u16, onprem: u16) -> Option<BTreeMap<String, String>> {
    let program = Program::any()?;
    let configuration = fs::read_to_string(witness::root().join("tests/kerberos/files.tf")).unwrap();
    let workspace = offline_workspace(&program, &[("files.tf", &configuration)])
        .env("TF_VAR_example_port", &example.to_string())
        .env("TF_VAR_onprem_port", &onprem.to_string());
    workspace.run(&["plan", "-input=false", "-out=plan"]).ok();
    let plan: Json = serde_json::from_str(&workspace.run(&["show", "-json", "plan"]).ok()).unwrap();
    workspace.run(&["apply", "-input=false", "plan"]).ok();
    let applied = workspace.show()["values"]["outputs"]["files"]["value"].clone();
    assert_eq!(plan["planned_values"]["outputs"]["files"]["value"], applied, "known at plan time");
    Some(serde_json::from_value(applied).unwrap())
}
