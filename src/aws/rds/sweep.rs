//! Everything at once, when a walk asks for much.
//!
//! Terraform reads ten objects at a time, so a walk over 200 clusters would still make twenty joined requests
//! and more. A walk that asks for several at the same moment is likely to ask for the rest: then a listing of
//! all, a hundred a page, is cheaper, and answers what comes next. Reads that are content with
//! [`Freshness::Recent`](super::super::Freshness::Recent) come this way, and those that [only
//! confirm](super::super::glance).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_rds::Client;

use super::super::error::{Error, Kind, Result};
use super::cluster::{self, Cluster, Looks};
use super::instance::{self, Instance};
use super::{PAGE, RDS};

/// Reads at one moment from which a listing is tried.
const FROM: usize = 5;
/// An account with more pages than this is asked for what is wanted, and nothing else.
const PAGES: usize = 10;

/// Remembers that the account is too large for a listing, or that the caller may not make one.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    in_vain: AtomicBool,
}

impl Sweep {
    fn worthwhile(&self, reads: usize) -> bool {
        reads >= FROM && !self.in_vain.load(Ordering::Relaxed)
    }

    /// The listing, or none where each is to be asked for by itself from now on.
    fn settle<T>(&self, listed: Result<Option<T>>) -> Result<Option<T>> {
        let listed = match listed {
            Err(error) if error.kind == Kind::AccessDenied => Ok(None),
            listed => listed,
        };
        self.in_vain.fetch_or(matches!(listed, Ok(None)), Ordering::Relaxed);
        listed
    }
}

/// Lists up to [`PAGES`] pages; none where there are more.
macro_rules! list {
    ($operation:literal, $request:expr, $objects:ident) => {{
        let mut pages = $request.max_records(PAGE).into_paginator().send();
        let (mut all, mut complete) = (Vec::new(), false);
        for _ in 0..PAGES {
            let Some(page) = pages.next().await else {
                complete = true;
                break;
            };
            let page = page.map_err(|error| Error::of(RDS, $operation, &error))?;
            complete = page.marker.as_deref().unwrap_or_default().is_empty();
            let missing = || Error::incomplete(RDS, $operation, concat!("list ", stringify!($objects)));
            all.extend(page.$objects.ok_or_else(missing)?);
            if complete {
                break;
            }
        }
        complete.then_some(all)
    }};
}

/// Every cluster of the account in this Region with its instances, by identifier; none where there are too many.
pub(super) async fn everything(client: Client) -> Result<Option<HashMap<String, (Cluster, Vec<Instance>)>>> {
    let (clusters, instances) = tokio::join!(
        async { Ok(list!("DescribeDBClusters", client.describe_db_clusters(), db_clusters)) },
        async { Ok(list!("DescribeDBInstances", client.describe_db_instances(), db_instances)) },
    );
    let (Some(clusters), Some(instances)) = (clusters?, instances?) else { return Ok(None) };
    let mut instances = instance::by_cluster(instances);
    let with_instances = |(id, cluster)| {
        let own = instances.remove(&id).unwrap_or_default();
        (id, (cluster, own))
    };
    Ok(Some(cluster::by_identifier(clusters).into_iter().map(with_instances).collect()))
}

pub(super) async fn clusters(client: Client, sweep: Arc<Sweep>, ids: Vec<String>) -> Result<Looks> {
    if sweep.worthwhile(ids.len()) {
        let all = async { Ok(list!("DescribeDBClusters", client.describe_db_clusters(), db_clusters)) };
        if let Some(all) = sweep.settle(all.await)? {
            return Ok(cluster::looks(cluster::by_identifier(all)));
        }
    }
    cluster::describe(client, ids).await
}

pub(super) async fn instances(
    client: Client,
    sweep: Arc<Sweep>,
    ids: Vec<String>,
) -> Result<HashMap<String, Vec<Instance>>> {
    if sweep.worthwhile(ids.len()) {
        let all = async { Ok(list!("DescribeDBInstances", client.describe_db_instances(), db_instances)) };
        if let Some(all) = sweep.settle(all.await)? {
            return Ok(instance::by_cluster(all));
        }
    }
    instance::describe(client, ids).await
}
