//! Log lines in hclog's JSON form on stderr, where the host collects them.
//!
//! Spans become keys of the events within them. A span must be opened at error level
//! (`tracing::error_span!`) to be there for events of every level.

mod line;

use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::Plugin;
use line::{Fields, Line};

/// Prefix of a provider's binary, which is no part of its name.
const BINARY_PREFIX: &str = "terraform-provider-";

/// Logs from here on, and logs panics instead of printing them. A second call changes nothing.
pub(super) fn install(plugin: &Plugin) {
    let level = level(plugin.name, |name| std::env::var(name).ok());
    let layer = Hclog {
        level,
        targets: plugin.log_targets,
        emit: |line| {
            // One write a line, so that lines of several threads do not mix. A host that has closed the
            // pipe wants no log.
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
        },
    };
    // An error means that somebody else, in a test perhaps, already collects the events.
    if tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// Logs where a panic was and, if it was written down at compile time, its message. One that was put
/// together at run time may hold a password, so it is left out; the place is enough to find it.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(
        location = panic.location().map(tracing::field::display),
        message = *message.unwrap_or(&"a panic, whose text is left out because it may hold secrets"),
    );
}

/// The level that the environment asks for: `TF_LOG_PROVIDER_NAME`, else `TF_LOG_PROVIDER`, else
/// `TF_LOG`. As in Terraform, `JSON` and what is no level mean everything, and nothing means off.
pub(super) fn level(binary: &str, get: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let name = binary.strip_prefix(BINARY_PREFIX).unwrap_or(binary).to_uppercase().replace('-', "_");
    let asked = [&format!("TF_LOG_PROVIDER_{name}"), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|variable| get(variable).filter(|level| !level.is_empty()));
    match asked.map(|level| level.to_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

struct Hclog {
    level: LevelFilter,
    targets: &'static [&'static str],
    emit: fn(&str),
}

impl Hclog {
    /// Whether a target is one of the crates, or a module in one.
    fn knows(&self, target: &str) -> bool {
        let own = env!("CARGO_CRATE_NAME");
        self.targets.iter().copied().chain([own]).any(|known| {
            target.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Hclog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && self.knows(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.extend(of_span);
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = Line {
            level: *metadata.level(),
            target: metadata.target(),
            time: jiff::Timestamp::now(),
            fields,
        };
        (self.emit)(&line.render());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.set(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::field::Empty;

    use super::*;

    #[test]
    fn levels() {
        let check = |env: &[(&str, &str)], expect: LevelFilter| {
            let get =
                |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(level("terraform-provider-two-words", get), expect, "{env:?}");
        };
        check(&[], LevelFilter::OFF);
        check(&[("TF_LOG", "")], LevelFilter::OFF);
        check(&[("TF_LOG", "OFF")], LevelFilter::OFF);
        check(&[("TF_LOG", "error")], LevelFilter::ERROR);
        check(&[("TF_LOG", "WARN")], LevelFilter::WARN);
        check(&[("TF_LOG", "INFO")], LevelFilter::INFO);
        check(&[("TF_LOG", "JSON")], LevelFilter::TRACE);
        check(&[("TF_LOG", "1")], LevelFilter::TRACE);
        check(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")], LevelFilter::WARN);
        check(&[("TF_LOG", "DEBUG"), ("TF_LOG_PROVIDER", "")], LevelFilter::DEBUG);
        check(&[("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_TWO_WORDS", "OFF")], LevelFilter::OFF);
    }

    #[test]
    fn targets() {
        let hclog = Hclog { level: LevelFilter::TRACE, targets: &["ours"], emit: |_| () };
        let check = |target: &str, expect: bool| assert_eq!(hclog.knows(target), expect, "{target}");
        check("ours", true);
        check("ours::resources", true);
        check("tf_provider::plugin", true);
        check("ours_not", false);
        check("h2::codec", false);
        check("", false);
    }

    #[test]
    fn events_in_spans() {
        static LINES: Mutex<String> = Mutex::new(String::new());
        let layer = Hclog {
            level: LevelFilter::INFO,
            targets: &["ours"],
            emit: |line| LINES.lock().unwrap().push_str(line),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let rpc = tracing::error_span!(target: "ours", "rpc", tf_rpc = "Plan", tf_resource_type = Empty);
            let _rpc = rpc.enter();
            rpc.record("tf_resource_type", "a_b");
            let _wait =
                tracing::error_span!(target: "ours", "wait", object = "d-1", tf_rpc = %"Apply").entered();
            tracing::info!(target: "ours::x", n = 1_u64, object = ?"d-2", "waiting {}", 2);
            tracing::debug!(target: "ours", "below the level");
            tracing::error!(target: "hyper", "of another crate");
        });
        let got = LINES.lock().unwrap();
        let (start, rest) = got.split_once(r#""@timestamp":""#).unwrap();
        let (time, end) = rest.split_once('"').unwrap();
        assert_eq!(start, r#"{"@level":"info","@message":"waiting 2","@module":"ours.x","#);
        assert_eq!(time.len(), "2006-01-02T15:04:05.000000Z".len());
        assert_eq!(
            end,
            concat!(r#","tf_rpc":"Apply","tf_resource_type":"a_b","object":"\"d-2\"","n":1}"#, "\n")
        );
    }
}
