//! From exec to the handshake line, to the schema, to the configured provider.

use std::time::Duration;

use plugin_client::tfplugin6::{
    ClientCapabilities, Diagnostic, configure_provider, diagnostic, get_provider_schema,
    validate_provider_config,
};
use plugin_client::{Client, protocol5};
use tokio::process::Command;

use crate::page::{Page, Table};
use crate::stats::{median, megabytes, quantile, ratio, time};
use crate::subject::{Kind, Subject};
use crate::targets::Found;
use crate::{Result, cost, msgpack};

/// One start. Moments are since exec.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    handshake: Duration,
    schema: Duration,
    configured: Duration,
    /// Processor time until the schema was answered.
    processor: Duration,
    /// Peak memory when the schema was answered, in bytes.
    memory: u64,
    /// The same when the provider was configured.
    configured_memory: u64,
}

/// Starts each subject so often, in turns.
pub(crate) fn measure(subjects: &[Subject], runs: usize, page: &mut Page, found: &mut Found) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut starts: Vec<Vec<Start>> = vec![Vec::new(); subjects.len()];
    // The first start of each reads its binary from the disk: nobody's figure.
    for run in 0..=runs {
        for (subject, starts) in subjects.iter().zip(&mut starts) {
            let start = runtime
                .block_on(start(subject))
                .map_err(|error| format!("start of {}: {error}", subject.name))?;
            if run > 0 {
                starts.push(start);
            }
        }
    }
    report(subjects, &starts, page, found);
    Ok(())
}

async fn start(subject: &Subject) -> Result<Start> {
    let mut command = Command::new(&subject.path);
    // What a machine's profile says about AWS must not matter.
    command.env_clear().env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
    let mut client = Client::start(command).await?;
    match until_configured(&client).await {
        Ok(start) => {
            // Old go-plugins close the connection instead of answering; that the process ends is awaited all the same.
            let _ = client.shutdown().await;
            Ok(start)
        }
        Err(error) => {
            client.kill().await?;
            Err(error)
        }
    }
}

async fn until_configured(client: &Client) -> Result<Start> {
    let mut start = Start { handshake: client.handshake_time(), ..Start::default() };
    if client.handshake().protocol == 5 {
        let mut provider = protocol5::Provider::new(client);
        let answer = provider.schema().await?;
        start.note_schema(client)?;
        let config = Some(msgpack::configuration(answer.provider.as_ref())?);
        let (config, diagnostics) = provider.prepare(config).await?;
        check(&diagnostics)?;
        check(&provider.configure(configure_provider::Request { config, ..request() }).await?.diagnostics)?;
    } else {
        let mut provider = client.provider();
        let answer = provider.get_provider_schema(get_provider_schema::Request {}).await?.into_inner();
        start.note_schema(client)?;
        let config = Some(msgpack::configuration(answer.provider.as_ref())?);
        let validate = validate_provider_config::Request { config: config.clone() };
        check(&provider.validate_provider_config(validate).await?.into_inner().diagnostics)?;
        let configure = configure_provider::Request { config, ..request() };
        check(&provider.configure_provider(configure).await?.into_inner().diagnostics)?;
    }
    start.configured = client.exec().elapsed();
    start.configured_memory = cost::peak_memory(client.pid())?;
    Ok(start)
}

impl Start {
    fn note_schema(&mut self, client: &Client) -> Result<()> {
        self.schema = client.exec().elapsed();
        self.processor = cost::processor_time(client.pid())?;
        self.memory = cost::peak_memory(client.pid())?;
        Ok(())
    }
}

fn request() -> configure_provider::Request {
    configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: None,
        client_capabilities: Some(ClientCapabilities::default()),
    }
}

/// Fails where the provider refused: the figure would be of something else.
fn check(diagnostics: &[Diagnostic]) -> Result<()> {
    match diagnostics.iter().find(|diagnostic| diagnostic.severity() == diagnostic::Severity::Error) {
        Some(error) => Err(format!("{}: {}", error.summary, error.detail).into()),
        None => Ok(()),
    }
}

fn report(subjects: &[Subject], starts: &[Vec<Start>], page: &mut Page, found: &mut Found) {
    let runs = starts.first().map_or(0, Vec::len);
    page.section(
        "Start",
        &format!(
            "{runs} starts of each in turns, over mutual TLS, after one that is not counted. Moments since exec; p50 and \
             p95. Processor time and the peak of resident memory (VmHWM) are those at the moment the schema was \
             answered."
        ),
    );
    let mut table = Table::new(&[
        "provider",
        "handshake line",
        "schema answered",
        "configured",
        "processor time",
        "peak memory",
        "peak when configured",
        "schema answered, ours =",
    ]);
    let times = |starts: &[Start], which: fn(&Start) -> Duration| {
        let values: Vec<Duration> = starts.iter().map(which).collect();
        (median(&values), quantile(&values, 0.95))
    };
    let cell = |(p50, p95)| format!("{} / {}", time(p50), time(p95));
    let ours = starts.first().map(|starts| times(starts, |start| start.schema).0).unwrap_or_default();
    for (subject, starts) in subjects.iter().zip(starts) {
        let schema = times(starts, |start| start.schema);
        let memory = median(&starts.iter().map(|start| start.memory).collect::<Vec<_>>());
        let configured = median(&starts.iter().map(|start| start.configured_memory).collect::<Vec<_>>());
        table.row([
            subject.name.clone(),
            cell(times(starts, |start| start.handshake)),
            cell(schema),
            cell(times(starts, |start| start.configured)),
            time(times(starts, |start| start.processor).0),
            megabytes(memory),
            megabytes(configured),
            ratio(ours.as_secs_f64(), schema.0.as_secs_f64()),
        ]);
        let kind = match subject.kind {
            Kind::Ours => &mut found.ours,
            Kind::Aws => &mut found.aws,
            Kind::Other => &mut found.small,
        };
        kind.schema = Some(schema.0);
        kind.schema_memory = Some(memory);
    }
    page.table(&table);
}
