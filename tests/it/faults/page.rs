//! What the page of figures says of the matrix, and the operations that the sources name.

use std::collections::{BTreeMap, BTreeSet};

use aws_simulator::Service;

use super::KNOWN;
use super::case::Trouble;
use crate::support::figures::today;
use crate::support::witness::root;

/// The sources of the AWS layer.
pub(crate) fn sources() -> Vec<String> {
    let (mut texts, mut folders) = (Vec::new(), vec![root().join("src/aws")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    texts
}

/// The operations that the sources name: `send!(DS, "CreateTrust", …)`, or where an error is sorted by hand.
pub(super) fn in_sources() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in sources() {
        for call in ["send!(", "sent!(", "pages!(", "lists!(", "Error::of("]
            .iter()
            .flat_map(|name| text.split(name).skip(1))
        {
            let mut words = call.splitn(3, ',').map(str::trim);
            let (Some(service), Some(operation)) = (words.next(), words.next()) else { continue };
            let service = Service::ALL.into_iter().find(|known| known.name() == service.to_lowercase());
            let operation = operation.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
            if let (Some(service), Some(operation)) = (service, operation) {
                found.insert(format!("{}:{operation}", service.name()));
            }
        }
        // Listings, which are of one service in each file.
        let service = text.split("Error::of(").nth(1).and_then(|rest| rest.split(',').next());
        for call in text.split("list!(").skip(1) {
            let operation = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            if let (Some(service), Some(operation)) = (service, operation) {
                found.insert(format!("{}:{operation}", service.to_lowercase()));
            }
        }
    }
    found
}

/// The record of a whole run that found nothing. How many cases succeeded at once hangs on the machine's speed a little,
/// so it stands with its day.
pub(super) fn whole_run(digest: &str, at_once: usize, all: usize) -> String {
    format!(
        "## Faults: the whole matrix (`AURORAKERBEROS_FAULTS=all`, on {})\n\n\
         | | |\n|---|---|\n| cases | {all} |\n| succeeded at once | {at_once} |\n\
         | failed with one complete error, and converged with the fault gone | {} |\n\
         | defects | {} |\n| objects lost | 0 |\n| cases, as a digest | `{digest}` |\n",
        today(),
        all - at_once - KNOWN.len(),
        KNOWN.len(),
    )
}

/// The section of the page of figures. What hangs on the machine's speed, such as how many applies needed a second run, is not in it.
pub(super) fn figures(called: &BTreeSet<String>, in_whole: usize) -> String {
    let mut services = BTreeMap::<&str, Vec<String>>::new();
    for (service, operation) in called.iter().filter_map(|name| name.split_once(':')) {
        services.entry(service).or_default().push(format!("`{operation}`"));
    }
    let operations: Vec<String> =
        services.iter().map(|(service, names)| format!("- {service}: {}\n", names.join(", "))).collect();
    let faults: Vec<&str> = Trouble::ALL.into_iter().map(Trouble::words).collect();
    let known: Vec<String> = KNOWN.iter().map(|(name, why)| format!("- {name}: {why}\n")).collect();
    format!(
        "## Faults (`tests/it/faults.rs`)\n\n\
         | | |\n|---|---|\n| AWS operations that are made to fail | {} |\n| faults | {} |\n\
         | cases of every run of the tests | {} |\n| cases of the whole matrix (`AURORAKERBEROS_FAULTS=all`) | {in_whole} |\n\
         | objects lost in the cases of every run | 0 |\n| known defects | {} |\n\n\
         Faults: {}.\n\n### Operations\n\n{}{}",
        called.len(),
        faults.len(),
        called.len(),
        KNOWN.len(),
        faults.join(", "),
        operations.concat(),
        if known.is_empty() { String::new() } else { format!("\n### Known defects\n\n{}", known.concat()) },
    )
}
