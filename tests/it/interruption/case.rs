//! One interruption, and what a user does after it.

use std::fmt;

use aws_simulator::{Boundary, Service};
use serde_json::Value as Json;

use super::life::{self, Kind, Life, Step};
use crate::support::Report;

/// How a run ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// SIGKILL of the provider: Terraform sees a broken connection, and keeps what it had.
    ProviderKilled,
    /// SIGKILL of Terraform: the provider's call is over, and the state is what Terraform had written.
    TerraformKilled,
    /// Ctrl-C once: StopProvider; what the provider answers counts.
    Stopped,
    /// Ctrl-C twice: StopProvider, and Terraform ends its providers at once.
    StoppedTwice,
    /// SIGTERM of Terraform and the provider at once, as a service manager or a container's stop sends it: StopProvider,
    /// to a provider that is asked to end. For real Terraform alone.
    GroupTerminated,
}

impl Way {
    /// The ways of the matrix.
    pub(crate) const ALL: [Self; 4] =
        [Self::ProviderKilled, Self::TerraformKilled, Self::Stopped, Self::StoppedTwice];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::ProviderKilled => "SIGKILL of the provider",
            Self::TerraformKilled => "SIGKILL of terraform",
            Self::Stopped => "Ctrl-C once",
            Self::StoppedTwice => "Ctrl-C twice",
            Self::GroupTerminated => "SIGTERM of the process group",
        }
    }
}

/// The call at which a run is interrupted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) step: Step,
    pub(super) service: Service,
    pub(super) operation: String,
    /// Which one of the step's calls of the operation, from 1.
    pub(super) nth: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Case {
    pub(super) place: Place,
    pub(super) boundary: Boundary,
    pub(super) way: Way,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { kind, step, service, operation, nth } = &self.place;
        let side = if self.boundary == Boundary::Before { "before" } else { "after" };
        write!(f, "{kind}, {step}, {side} {}:{operation} {nth}, {}", service.name(), self.way.words())
    }
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The next apply converged by itself.
    Converged,
    /// The next apply told the import block, and converged with it.
    Adopted,
    /// The run was over before it came to the call.
    NotMet,
    Lost(Vec<String>),
    Defect(String),
}

/// Leads one object through its life, interrupts it at the steps that have a case, and goes on as a user would. The
/// cases are in the order of the steps. What is lost is found at the end; all of them are suspects then.
pub(super) async fn run(kind: Kind, cases: &[Case]) -> Vec<End> {
    let mut ends = Vec::new();
    let mut life = Life::begin(kind).await;
    for step in kind.steps().iter().copied() {
        let case = cases.iter().find(|case| case.place.step == step);
        life.prepare(step);
        let done = match case {
            Some(case) => survive(&mut life, case).await.map(|end| ends.push(end)),
            None => life
                .run(step)
                .await
                .map_err(|told| format!("the {step} that nobody interrupts fails: {told}")),
        };
        if let Err(defect) = done {
            // Nothing can be said of the rest.
            ends.resize(cases.len(), End::Defect(defect));
            return ends;
        }
    }
    let left = life.end().await;
    if left.is_empty() { ends } else { vec![End::Lost(left); cases.len()] }
}

/// Interrupts the step, and goes on.
async fn survive(life: &mut Life, case: &Case) -> Result<End, String> {
    let Place { kind, step, .. } = case.place;
    life.simulator.clear_journal();
    let met = interrupt(life, case).await?;
    if case.way == Way::Stopped && life.object.is_tainted() {
        return Err("Ctrl-C has tainted it, so that the next apply replaces it".to_owned());
    }
    // The next run of Terraform has a provider of its own.
    life.core.restart().await;
    let adopted = recover(life, case).await?;
    if let Some(defect) = repeated(life, kind, step) {
        return Err(defect);
    }
    Ok(match (met, adopted) {
        (false, _) => End::NotMet,
        (true, true) => End::Adopted,
        (true, false) => End::Converged,
    })
}

/// Runs the step and interrupts it at the call. Says whether it came to the call; an error is a defect.
async fn interrupt(life: &mut Life, case: &Case) -> Result<bool, String> {
    let Place { step, service, operation, nth, .. } = &case.place;
    let config = life.config(*step);
    let plan = life::plan(&mut life.object, &config).await;
    let plan = plan.map_err(|told| format!("there is no plan to interrupt: {told}"))?;
    let hold = life.simulator.hold(*service, operation, *nth, case.boundary);
    let mut object = life.object.clone();
    let mut task = tokio::spawn(async move {
        let result = life::apply(&mut object, plan.as_ref(), &config).await;
        (object, result)
    });
    let ended = tokio::select! {
        biased;
        () = hold.reached() => None,
        ended = &mut task => Some(ended),
    };
    if let Some(ended) = ended {
        let (object, result) = ended.map_err(|error| error.to_string())?;
        life.object = object;
        return match result {
            Ok(()) => Ok(false),
            Err(told) => Err(format!("the apply failed before it came to the call: {told}")),
        };
    }
    match case.way {
        Way::ProviderKilled => life.core.kill().await,
        Way::TerraformKilled => {
            // The call is cancelled, as it is when the connection breaks; nobody keeps its answer.
            task.abort();
            let _ = (&mut task).await;
            // The request is with AWS, which carries it out; the provider must not go on from its answer.
            hold.release();
            return Ok(true);
        }
        Way::Stopped => {
            life.core.stop().await;
            hold.release();
        }
        Way::StoppedTwice => {
            life.core.stop().await;
            life.core.kill().await;
        }
        Way::GroupTerminated => return Err("there is no Terraform here that a signal could reach".to_owned()),
    }
    hold.cut();
    let (object, result) = task.await.map_err(|error| error.to_string())?;
    life.object = object;
    match result {
        Err(told) if case.way == Way::Stopped && !told.to_string().contains("Stopped: ") => {
            Err(format!("Ctrl-C ends in another error than that of a stop: {told}"))
        }
        Ok(()) if case.way == Way::ProviderKilled => Err("a killed provider has answered".to_owned()),
        _ => Ok(true),
    }
}

/// Applies again; where the one error that this may give tells an import block, adopts the object with it. Says whether
/// that was so.
async fn recover(life: &mut Life, case: &Case) -> Result<bool, String> {
    let step = case.place.step;
    let mut adopted = false;
    if let Err(told) = life.run(step).await {
        if case.way == Way::Stopped {
            return Err(format!("after Ctrl-C the next apply fails: {told}"));
        }
        let id = import_id(&told, case.place.kind)
            .ok_or_else(|| format!("the next apply fails, and tells no import block: {told}"))?;
        life.object
            .import_id(&id)
            .await
            .map_err(|refused| format!("the import block of the error does not import: {refused}\n{told}"))?;
        adopted = true;
        life.run(step).await.map_err(|told| format!("after the import the next apply fails: {told}"))?;
    }
    life.assert_settled(step).await;
    Ok(adopted)
}

/// The id in the import block that an error tells, where it is one block for that type.
pub(crate) fn import_id(told: &Report, kind: Kind) -> Option<String> {
    let text = told.to_string();
    let (_, block) = text.split_once("import {\n")?;
    let (block, rest) = block.split_once("\n}")?;
    let (to, id) = block.split_once('\n')?;
    let address = to.trim().strip_prefix("to = ")?;
    let known = address.split_once('.').is_some_and(|(of_type, _)| of_type == kind.type_name());
    let id = id.trim().strip_prefix("id = \"")?.strip_suffix('"')?;
    (known && !rest.contains("import {")).then(|| id.to_owned())
}

/// What was done twice, or undone, though nobody asked for it.
fn repeated(life: &Life, kind: Kind, step: Step) -> Option<String> {
    let journal = life.simulator.journal();
    let count = |operation: &str, parameter: Option<(&str, &Json)>| {
        let done = journal.iter().filter(|call| call.effective && call.operation == operation);
        done.filter(|call| parameter.is_none_or(|(name, value)| call.parameters.get(name) == Some(value)))
            .count()
    };
    if let Some(creation) = kind.creation() {
        let (made, expect) = (count(creation, None), usize::from(step.makes()));
        if made != expect {
            return Some(format!("{creation} took effect {made} times, not {expect}"));
        }
    }
    if step == Step::Destroy {
        return None;
    }
    let reboots = journal.iter().filter(|call| call.effective && call.operation == "RebootDBInstance");
    for reboot in reboots {
        let instance = reboot.parameters.get("DBInstanceIdentifier")?;
        let times = count("RebootDBInstance", Some(("DBInstanceIdentifier", instance)));
        if times > 1 {
            return Some(format!("{instance} was rebooted {times} times"));
        }
    }
    None
}
