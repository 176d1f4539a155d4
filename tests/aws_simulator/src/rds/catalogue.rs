//! What can be ordered: engine versions and instance classes. A small part of AWS's lists.

use super::{need, page};
use crate::error::Answer;
use crate::query::Params;
use crate::state::World;
use crate::xml::Xml;

const VERSIONS: &[(&str, &str)] = &[
    ("aurora-postgresql", "13.18"),
    ("aurora-postgresql", "14.15"),
    ("aurora-postgresql", "15.10"),
    ("aurora-postgresql", "16.6"),
    ("aurora-postgresql", "17.2"),
    ("aurora-mysql", "5.7.mysql_aurora.2.12.4"),
    ("aurora-mysql", "8.0.mysql_aurora.3.02.0"),
    ("aurora-mysql", "8.0.mysql_aurora.3.04.3"),
    ("aurora-mysql", "8.0.mysql_aurora.3.08.0"),
    ("postgres", "16.6"),
    ("mysql", "8.0.40"),
];

const CLASSES: &[&str] = &["db.r6g.large", "db.r6g.xlarge", "db.r7g.large", "db.serverless", "db.t4g.medium"];

/// The part of a version that names its family: `16`, `8.0`.
fn major(version: &str) -> &str {
    if version.contains("mysql") || version.starts_with('8') { &version[..3] } else { &version[..2] }
}

fn matching<'p>(
    engine: Option<&'p str>,
    version: Option<&'p str>,
) -> impl Iterator<Item = (&'static str, &'static str)> + 'p {
    let fits = move |(known, number): &(&str, &str)| {
        engine.is_none_or(|engine| engine == *known)
            && version.is_none_or(|version| version == *number || version == major(number))
    };
    VERSIONS.iter().copied().filter(fits)
}

pub(super) fn orderable(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let engine = need(params, "Engine")?;
    let (version, class) = (params.get("EngineVersion"), params.get("DBInstanceClass"));
    let kerberos = world.state.options.orderable_kerberos;
    let size = world.state.options.page_size;
    let region = world.caller.region.clone();
    let classes = || CLASSES.iter().filter(|known| class.is_none_or(|class| class == **known));
    let all = matching(Some(engine), version)
        .flat_map(|(engine, version)| classes().map(move |class| (engine, version, *class)));
    let (options, next) = page(all.collect(), params, size)?;
    let mut xml = Xml::new();
    xml.list(
        "OrderableDBInstanceOptions",
        "OrderableDBInstanceOption",
        options,
        |xml, (engine, version, class)| {
            xml.text("Engine", engine)
                .text("EngineVersion", version)
                .text("DBInstanceClass", class)
                .text(
                    "LicenseModel",
                    if engine.contains("mysql") { "general-public-license" } else { "postgresql-license" },
                )
                .list("AvailabilityZones", "AvailabilityZone", ['a', 'b', 'c'], |xml, letter| {
                    xml.text("Name", &format!("{region}{letter}"));
                })
                .text("MultiAZCapable", "false")
                .text("ReadReplicaCapable", "false")
                .text("Vpc", "true")
                .text("SupportsStorageEncryption", "true")
                .text("StorageType", "aurora")
                .text("SupportsIAMDatabaseAuthentication", "true")
                .value("SupportsKerberosAuthentication", kerberos)
                .text("SupportsClusters", "true")
                .texts("SupportedEngineModes", "member", ["provisioned"]);
        },
    );
    xml.optional("Marker", next.as_deref());
    Ok(xml)
}

pub(super) fn engine_versions(params: &Params) -> Answer<Xml> {
    let all = matching(params.get("Engine"), params.get("EngineVersion"));
    let (versions, next) = page(all.collect(), params, 100)?;
    let mut xml = Xml::new();
    xml.list("DBEngineVersions", "DBEngineVersion", versions, |xml, (engine, version)| {
        xml.text("Engine", engine)
            .text("EngineVersion", version)
            .text("MajorEngineVersion", major(version))
            .text("DBParameterGroupFamily", &format!("{engine}{}", major(version)))
            .text("DBEngineDescription", engine)
            .text("DBEngineVersionDescription", &format!("{engine} {version}"))
            .texts("SupportedEngineModes", "member", ["provisioned"])
            .text("Status", "available");
    });
    xml.optional("Marker", next.as_deref());
    Ok(xml)
}
