//! RDS events: where AWS says why a join failed.

use aws_sdk_rds::operation::describe_events::builders::DescribeEventsFluentBuilder as DescribeEvents;
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
        self.events(cluster, instances, |request| request.start_time(aws_time(since))).await
    }

    /// Those of the last so many minutes by AWS's own clock, which this machine's may differ from.
    pub async fn list_recent_events(
        &self,
        cluster: &str,
        instances: &[String],
        minutes: i32,
    ) -> Result<Vec<Event>> {
        self.events(cluster, instances, |request| request.duration(minutes)).await
    }

    async fn events(
        &self,
        cluster: &str,
        instances: &[String],
        within: impl Fn(DescribeEvents) -> DescribeEvents,
    ) -> Result<Vec<Event>> {
        let request = |kind, source: &str| {
            let request = self.client.describe_events().source_type(kind).source_identifier(source);
            within(request.max_records(PAGE))
        };
        let mut events = events_of(cluster, request(SourceType::DbCluster, cluster)).await?;
        for instance in instances {
            events.extend(events_of(instance, request(SourceType::DbInstance, instance)).await?);
        }
        events.sort_by_key(|event| event.time);
        Ok(events)
    }
}

async fn events_of(source: &str, request: DescribeEvents) -> Result<Vec<Event>> {
    let found: Vec<aws_sdk_rds::types::Event> = pages!(RDS, "DescribeEvents", request)?;
    let events = found.into_iter().map(|event| Event {
        source: event.source_identifier.unwrap_or_else(|| source.to_owned()),
        time: time(event.date.as_ref()),
        message: event.message.unwrap_or_default(),
    });
    Ok(events.collect())
}
