//! RDS events: where AWS says why a join failed.

use aws_sdk_rds::types::SourceType;
use jiff::Timestamp;

use super::super::call::{aws_time, pages, time};
use super::super::error::Result;
use super::{PAGE, RDS, Rds};

/// An event of a cluster or an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The cluster or the instance.
    pub source: String,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// What happened.
    pub message: String,
}

impl Rds {
    /// The events of a cluster and of instances since a time, the oldest first. AWS keeps them for 14 days.
    pub async fn list_events(
        &self,
        cluster: &str,
        instances: &[String],
        since: Timestamp,
    ) -> Result<Vec<Event>> {
        let mut events = self.events_of(SourceType::DbCluster, cluster, since).await?;
        for instance in instances {
            events.extend(self.events_of(SourceType::DbInstance, instance, since).await?);
        }
        events.sort_by_key(|event| event.time);
        Ok(events)
    }

    async fn events_of(&self, kind: SourceType, source: &str, since: Timestamp) -> Result<Vec<Event>> {
        let request = self
            .client
            .describe_events()
            .source_type(kind)
            .source_identifier(source)
            .start_time(aws_time(since))
            .max_records(PAGE);
        let found: Vec<aws_sdk_rds::types::Event> = pages!(RDS, "DescribeEvents", request)?;
        let events = found.into_iter().map(|event| Event {
            source: event.source_identifier.unwrap_or_else(|| source.to_owned()),
            time: time(event.date.as_ref()),
            message: event.message.unwrap_or_default(),
        });
        Ok(events.collect())
    }
}
