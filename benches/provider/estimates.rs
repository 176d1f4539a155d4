//! What criterion found of single calls and of the codec, taken over from its files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::page::{Page, Table};
use crate::stats::time;

/// Adds a section, where criterion has run in this target folder.
pub(crate) fn add(page: &mut Page) {
    let found: Vec<[String; 3]> = folders(&criterion()).iter().flat_map(|group| rows(group)).collect();
    if found.is_empty() {
        return;
    }
    page.section(
        "Single calls and the codec",
        &format!(
            "By criterion (`cargo bench -p tf-provider --bench rpc`) on {}: the mean, and what it comes to for the bytes \
         of the message. The calls go to the provider of the framework's tests, which keeps its objects as small files, over the \
         same mutual TLS as Terraform's, one after another.",
            day(&criterion()),
        ),
    );
    let mut table = Table::new(&["figure", "mean", "throughput"]);
    for row in found {
        table.row(row);
    }
    page.table(&table);
}

/// Criterion's folder: beside the profile's folder, in which this program lies.
fn criterion() -> PathBuf {
    let this = std::env::current_exe().unwrap_or_default();
    let target = this.ancestors().nth(3).unwrap_or(Path::new("target"));
    target.join("criterion")
}

/// The day on which criterion last wrote there.
fn day(folder: &Path) -> String {
    let times = folders(folder).into_iter().flat_map(|group| folders(&group)).filter_map(|figure| {
        let written = fs::metadata(figure.join("new/estimates.json")).ok()?.modified().ok()?;
        jiff::Timestamp::try_from(written).ok()
    });
    times.max().map_or_else(|| "an unknown day".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn rows(group: &Path) -> Vec<[String; 3]> {
    folders(group).iter().filter_map(|function| row(&function.join("new"))).collect()
}

fn row(latest: &Path) -> Option<[String; 3]> {
    let read = |name: &str| -> Option<serde_json::Value> {
        serde_json::from_str(&fs::read_to_string(latest.join(name)).ok()?).ok()
    };
    let (benchmark, estimates) = (read("benchmark.json")?, read("estimates.json")?);
    let nanoseconds = estimates["mean"]["point_estimate"].as_f64()?;
    let mean = if nanoseconds < 1e5 {
        format!("{:.2} µs", nanoseconds / 1e3)
    } else {
        time(std::time::Duration::from_secs_f64(nanoseconds / 1e9))
    };
    let bytes = benchmark["throughput"]["Bytes"].as_f64();
    let throughput =
        bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{:.0} MB/s", bytes / nanoseconds * 1e3));
    Some([benchmark["full_id"].as_str()?.to_owned(), mean, throughput])
}
