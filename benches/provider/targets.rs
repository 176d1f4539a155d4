//! What is to be reached, beside what was measured.

use std::time::Duration;

use crate::page::Table;
use crate::stats::{mega, time};

/// What the targets need to know of one provider.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    /// p50 from exec to the answered schema.
    pub(crate) schema: Option<Duration>,
    pub(crate) schema_memory: Option<u64>,
    pub(crate) plan_memory: Option<u64>,
    pub(crate) zip: Option<u64>,
    pub(crate) empty_plan_roles: Option<usize>,
    pub(crate) empty_plan_directories: Option<usize>,
    /// Of 100 directories, and of 100 roles.
    pub(crate) empty_plan_time: [Option<Duration>; 2],
}

/// What was found of all.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) ours: Subject,
    pub(crate) aws: Subject,
    /// The small Go provider.
    pub(crate) small: Subject,
    /// AWS calls of an empty plan, and of how many associations.
    pub(crate) empty_plan_associations: Option<(usize, usize)>,
    pub(crate) lateness: Option<Duration>,
}

/// The table: a line for each target, `–` where a figure was not measured.
pub(crate) fn table(found: &Found) -> Table {
    let Found { ours, aws, small, .. } = found;
    let mut rows = Rows(Table::new(&["figure", "target", "measured", "verdict"]));
    let seconds = |duration: Option<Duration>| duration.map(|duration| duration.as_secs_f64());
    let bytes = |bytes: Option<u64>| bytes.map(mega);
    #[expect(clippy::cast_precision_loss, reason = "numbers of calls")]
    let count = |calls: Option<usize>| calls.map(|calls| calls as f64);
    let times = |value: f64| format!("{value:.1} ×");
    let mb = |value: f64| format!("{value:.1} MB");

    let schema = "start to schema answered";
    rows.at_least(
        schema,
        "20 × faster than the AWS provider",
        over(seconds(aws.schema), seconds(ours.schema)),
        20.0,
        times,
    );
    rows.at_least(
        schema,
        "2 × faster than the small Go provider",
        over(seconds(small.schema), seconds(ours.schema)),
        2.0,
        times,
    );
    let part = over(bytes(ours.schema_memory), bytes(small.schema_memory));
    rows.at_most("peak memory after schema", "0.5 × the small Go provider's, or less", part, 0.5, |part| {
        format!("{part:.2} ×")
    });
    rows.at_most("peak memory during a plan of 100", "under 30 MB", bytes(ours.plan_memory), 30.0, mb);
    let part = over(bytes(ours.plan_memory), bytes(aws.plan_memory));
    rows.at_most(
        "peak memory during a plan of 100",
        "0.25 × the AWS provider's, or less",
        part,
        0.25,
        |part| format!("{part:.2} ×"),
    );
    rows.at_most("release zip", "under 12 MB", bytes(ours.zip), 12.0, mb);
    // The target is one of 200; fewer show the same, as the calls do not grow with them.
    let calls = found.empty_plan_associations;
    let of = calls.map_or(200, |(associations, _)| associations);
    rows.at_most(
        &format!("AWS calls, empty plan of {of} associations on one directory and role"),
        "20 or fewer",
        count(calls.map(|(_, calls)| calls)),
        20.0,
        |calls| format!("{calls:.0}"),
    );
    let roles = (ours.empty_plan_roles, aws.empty_plan_roles);
    let directories = (ours.empty_plan_directories, aws.empty_plan_directories);
    for (what, (ours, aws)) in [("100 roles", roles), ("20 directories", directories)] {
        let measured =
            |part: f64| format!("{part:.2} × ({} of {})", ours.unwrap_or_default(), aws.unwrap_or_default());
        let figure = format!("AWS calls, empty plan of {what}");
        rows.at_most(
            &figure,
            "0.25 × the AWS provider's, or fewer",
            over(count(ours), count(aws)),
            0.25,
            measured,
        );
    }
    for (index, what) in ["directories", "roles"].iter().enumerate() {
        let faster = over(seconds(aws.empty_plan_time[index]), seconds(ours.empty_plan_time[index]));
        let figure = format!("terraform plan, 100 {what}, nothing to do");
        rows.at_least(&figure, "3 × faster than the AWS provider", faster, 3.0, times);
    }
    rows.at_most(
        "from \"AWS is done\" to \"apply goes on\", 10-minute creation",
        "median under 5 s",
        seconds(found.lateness),
        5.0,
        |seconds| time(Duration::from_secs_f64(seconds)),
    );
    rows.0
}

/// How many times the second is in the first, where both were measured.
fn over(first: Option<f64>, second: Option<f64>) -> Option<f64> {
    Some(first? / second.filter(|second| *second > 0.0)?)
}

struct Rows(Table);

impl Rows {
    fn at_least(
        &mut self,
        figure: &str,
        target: &str,
        value: Option<f64>,
        limit: f64,
        show: impl Fn(f64) -> String,
    ) {
        self.add(figure, target, value.map(|value| (show(value), value >= limit)));
    }

    fn at_most(
        &mut self,
        figure: &str,
        target: &str,
        value: Option<f64>,
        limit: f64,
        show: impl Fn(f64) -> String,
    ) {
        self.add(figure, target, value.map(|value| (show(value), value <= limit)));
    }

    fn add(&mut self, figure: &str, target: &str, measured: Option<(String, bool)>) {
        let (measured, verdict) = match measured {
            Some((measured, true)) => (measured, "met"),
            Some((measured, false)) => (measured, "**not met**"),
            None => ("–".to_owned(), "not measured"),
        };
        self.0.row([figure.to_owned(), target.to_owned(), measured, verdict.to_owned()]);
    }
}
