//! The realms of a directory and of its trusts.

use tf_provider::framework::{Context, Diagnostic, Failure};

use crate::aws::{Aws, Directory, Freshness, Trust};
use crate::krb5::RealmArguments;

/// What is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) directory_id: &'a str,
    pub(super) include_trusts: bool,
    pub(super) use_dns_ips_as_kdc: bool,
}

/// Reads the directory's realm, which comes first, and those of its trusts.
///
/// Fails when the directory does not exist. Warns when it is not in use yet, or not of a type that Aurora can join.
pub(super) async fn read(
    aws: &Aws,
    wanted: Wanted<'_>,
    context: &Context,
) -> Result<Vec<RealmArguments>, Failure> {
    let id = wanted.directory_id;
    let Some(directory) = aws.ds().find_directory(id, Freshness::Now).await? else {
        return Err(Failure::config(
            "directory_id",
            format!("There is no directory {id} in the Region {}.", aws.region),
        )
        .advise("Check the id, and the Region and the account of the provider."));
    };
    for warning in doubts(&directory) {
        context.warn(warning);
    }
    let own = own_realm(&directory, wanted.use_dns_ips_as_kdc)?;
    let trusts = if wanted.include_trusts { trusts(aws, &directory, context).await? } else { Vec::new() };
    Ok([own].into_iter().chain(trust_realms(&trusts)).collect())
}

/// The trusts. The account that a directory is shared with may not be shown them, which is no reason to fail.
async fn trusts(aws: &Aws, directory: &Directory, context: &Context) -> Result<Vec<Trust>, Failure> {
    let found = aws.ds().list_trusts(&directory.id, Freshness::Now).await;
    if directory.owner.is_none() {
        return Ok(found?);
    }
    match found {
        Ok(trusts) if !trusts.is_empty() => return Ok(trusts),
        Ok(_) => context.warn(unseen_trusts(directory, "")),
        Err(error) => context.warn(unseen_trusts(directory, &format!(" ({error})"))),
    }
    Ok(Vec::new())
}

fn unseen_trusts(directory: &Directory, reason: &str) -> Diagnostic {
    let detail = format!(
        "The directory {} belongs to another account, and AWS shows none of its trusts here{reason}. Where it has any, write \
         a realm block for each domain whose users are to log in. Set include_trusts to false once you have.",
        directory.id
    );
    Diagnostic::warning("No trusts of a shared directory", detail).at("include_trusts")
}

fn doubts(directory: &Directory) -> Vec<Diagnostic> {
    let Directory { id, stage, directory_type, .. } = directory;
    let mut found = Vec::new();
    if stage != "Active" {
        let reason =
            directory.stage_reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        found.push(
            Diagnostic::warning(
                "Directory is not active",
                format!(
                    "The directory {id} is in the stage {stage}{reason}. The file is rendered from what AWS says of it \
                     now; logins may fail until it is Active."
                ),
            )
            .at("directory_id"),
        );
    }
    if !matches!(directory_type.as_str(), "MicrosoftAD" | "SharedMicrosoftAD") {
        found.push(
            Diagnostic::warning(
                "Aurora cannot join this directory",
                format!(
                    "The directory {id} is of the type {directory_type}. Aurora PostgreSQL takes Kerberos logins of AWS \
                     Managed Microsoft AD alone."
                ),
            )
            .at("directory_id"),
        );
    }
    found
}

fn own_realm(directory: &Directory, use_dns_ips_as_kdc: bool) -> Result<RealmArguments, Failure> {
    let mut realm = realm_of(&directory.name);
    if use_dns_ips_as_kdc {
        if directory.dns_ip_addresses.is_empty() {
            let problem = format!("AWS gives no DNS addresses for the directory {} yet.", directory.id);
            return Err(Failure::config("use_dns_ips_as_kdc", problem)
                .advise("Wait until the directory is Active, or set use_dns_ips_as_kdc to false."));
        }
        realm.kdc.clone_from(&directory.dns_ip_addresses);
        realm.admin_server = directory.dns_ip_addresses.first().cloned();
    }
    Ok(realm)
}

/// In the order of their names, since AWS promises none.
fn trust_realms(trusts: &[Trust]) -> Vec<RealmArguments> {
    let usable =
        trusts.iter().filter(|trust| !matches!(trust.state.as_str(), "Failed" | "Deleting" | "Deleted"));
    let mut realms: Vec<RealmArguments> = usable.map(|trust| realm_of(&trust.remote_domain_name)).collect();
    realms.sort_by(|a, b| a.name.cmp(&b.name));
    realms.dedup();
    realms
}

/// The realm of an Active Directory domain, found under the domain's own name. Case is AWS's, so nobody is warned of it.
fn realm_of(domain: &str) -> RealmArguments {
    let domain = domain.trim_end_matches('.').to_lowercase();
    RealmArguments {
        name: domain.to_uppercase(),
        kdc: vec![domain.clone()],
        admin_server: Some(domain),
        ..RealmArguments::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory {
            id: "d-0123456789".to_owned(),
            name: "Corp.example.com".to_owned(),
            directory_type: "MicrosoftAD".to_owned(),
            stage: "Active".to_owned(),
            dns_ip_addresses: vec!["10.0.0.10".to_owned(), "10.0.1.10".to_owned()],
            ..Directory::default()
        }
    }

    #[test]
    fn the_directory_is_found_by_name_or_by_address() {
        let by_name = own_realm(&directory(), false).unwrap();
        assert_eq!(by_name.name, "CORP.EXAMPLE.COM");
        assert_eq!(by_name.kdc, ["corp.example.com"]);
        assert_eq!(by_name.admin_server.as_deref(), Some("corp.example.com"));
        let by_address = own_realm(&directory(), true).unwrap();
        assert_eq!(by_address.kdc, ["10.0.0.10", "10.0.1.10"]);
        assert_eq!(by_address.admin_server.as_deref(), Some("10.0.0.10"));
        let none = own_realm(&Directory { dns_ip_addresses: Vec::new(), ..directory() }, true).unwrap_err();
        assert_eq!(none.path, Some("use_dns_ips_as_kdc".into()));
    }

    #[test]
    fn doubtful_directories() {
        fn check(change: impl FnOnce(&mut Directory), expect: &[&str]) {
            let mut directory = directory();
            change(&mut directory);
            let found: Vec<String> = doubts(&directory).into_iter().map(|doubt| doubt.summary).collect();
            assert_eq!(found, expect);
        }
        check(|_| {}, &[]);
        check(|d| d.directory_type = "SharedMicrosoftAD".to_owned(), &[]);
        check(|d| d.stage = "Creating".to_owned(), &["Directory is not active"]);
        check(|d| d.directory_type = "ADConnector".to_owned(), &["Aurora cannot join this directory"]);
    }

    #[test]
    fn trusts_become_realms_in_the_order_of_their_names() {
        let trust = |domain: &str, state: &str| Trust {
            remote_domain_name: domain.to_owned(),
            state: state.to_owned(),
            ..Trust::default()
        };
        let trusts = [
            trust("onprem.com.", "Verified"),
            trust("gone.example", "Deleting"),
            trust("Broken.example", "Failed"),
            trust("asia.example", "Creating"),
        ];
        let names: Vec<String> = trust_realms(&trusts).into_iter().map(|realm| realm.name).collect();
        assert_eq!(names, ["ASIA.EXAMPLE", "ONPREM.COM"]);
    }
}
