//! Which engines of Aurora know Kerberos, and from which version on.
//!
//! Source: "Supported Regions and Aurora DB engines for Kerberos authentication" in the Aurora User Guide,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.KerberosAuthentication.html>:
//! Aurora PostgreSQL in all versions of its majors, Aurora MySQL from 3.03.0 and from 8.4.7 on. What this does not do:
//! say in which Regions; AWS answers that by itself.

/// One row: from `since` on, the major version `since[0]` (or, without rows above it, any later one) knows Kerberos.
struct Row {
    engine: &'static str,
    since: [u32; 3],
}

const TABLE: &[Row] = &[
    Row { engine: "aurora-postgresql", since: [10, 0, 0] },
    Row { engine: "aurora-mysql", since: [3, 3, 0] },
    Row { engine: "aurora-mysql", since: [8, 4, 7] },
];

/// What the table says of an engine version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It knows Kerberos.
    Supported,
    /// It does not; this is the earliest version that does, as AWS writes it.
    TooOld(String),
    /// The engine is not Aurora.
    NotAurora,
    /// The version is written in a way that the table cannot be asked about.
    Unreadable,
}

/// Asks the table.
pub(super) fn kerberos(engine: &str, version: &str) -> Verdict {
    let rows: Vec<&Row> = TABLE.iter().filter(|row| row.engine == engine).collect();
    let Some(first) = rows.first() else { return Verdict::NotAurora };
    let Some(version) = numbers(version) else { return Verdict::Unreadable };
    // The last row whose major version is not beyond this one decides.
    let row = rows.iter().rev().find(|row| row.since[0] <= version[0]).unwrap_or(first);
    if version >= row.since { Verdict::Supported } else { Verdict::TooOld(written(row)) }
}

/// `16.4` is Aurora PostgreSQL's own version; of `8.0.mysql_aurora.3.08.0` the part behind the name is Aurora's.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let own = version.split_once("mysql_aurora.").map_or(version, |(_, own)| own);
    let mut numbers = [0; 3];
    for (number, text) in numbers.iter_mut().zip(own.split('.')) {
        let digits = text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        *number = digits.parse().ok()?;
    }
    Some(numbers)
}

fn written(row: &Row) -> String {
    let [major, minor, patch] = row.since;
    match (row.engine, major) {
        ("aurora-mysql", 3) => format!("Aurora MySQL {major}.{minor:02}.{patch}"),
        ("aurora-mysql", _) => format!("Aurora MySQL {major}.{minor}.{patch}"),
        _ => format!("Aurora PostgreSQL {major}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(engine: &str, version: &str, expect: &Verdict) {
        assert_eq!(kerberos(engine, version), *expect, "{engine} {version}");
    }

    #[test]
    fn the_table() {
        let too_old = |since: &str| Verdict::TooOld(since.to_owned());
        check("aurora-postgresql", "16.4", &Verdict::Supported);
        check("aurora-postgresql", "11.9", &Verdict::Supported);
        check("aurora-postgresql", "9.6.22", &too_old("Aurora PostgreSQL 10"));
        check("aurora-postgresql", "17.4-limitless", &Verdict::Supported);
        check("aurora-mysql", "8.0.mysql_aurora.3.08.0", &Verdict::Supported);
        check("aurora-mysql", "8.0.mysql_aurora.3.03.0", &Verdict::Supported);
        check("aurora-mysql", "8.0.mysql_aurora.3.02.3", &too_old("Aurora MySQL 3.03.0"));
        check("aurora-mysql", "5.7.mysql_aurora.2.12.4", &too_old("Aurora MySQL 3.03.0"));
        check("aurora-mysql", "8.4.mysql_aurora.8.4.7", &Verdict::Supported);
        check("aurora-mysql", "8.4.mysql_aurora.8.4.6", &too_old("Aurora MySQL 8.4.7"));
        check("postgres", "16.4", &Verdict::NotAurora);
        check("mysql", "8.0.40", &Verdict::NotAurora);
        check("aurora-postgresql", "next", &Verdict::Unreadable);
    }
}
