//! Everything at once, when a walk asks for much.
//!
//! Terraform reads ten objects at a time, so a walk over 200 clusters would still make twenty joined requests
//! and more. A walk that asks for several at the same moment is likely to ask for the rest: then a listing of
//! all, a hundred a page, is cheaper, and answers what comes next. Only reads that are content with
//! [`Freshness::Recent`](super::super::Freshness::Recent) come this way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_rds::Client;

use super::super::error::{Error, Result};
use super::cluster::{self, Cluster};
use super::instance::{self, Instance};
use super::{PAGE, RDS};

/// Reads at one moment from which a listing is tried.
const FROM: usize = 5;
/// An account with more pages than this is asked for what is wanted, and nothing else.
const PAGES: usize = 5;

/// Remembers that the account is too large for a listing.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    too_large: AtomicBool,
}

impl Sweep {
    fn worthwhile(&self, reads: usize) -> bool {
        reads >= FROM && !self.too_large.load(Ordering::Relaxed)
    }

    fn give_up(&self) {
        self.too_large.store(true, Ordering::Relaxed);
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
            all.extend(page.$objects.unwrap_or_default());
            if complete {
                break;
            }
        }
        complete.then_some(all)
    }};
}

pub(super) async fn clusters(
    client: Client,
    sweep: Arc<Sweep>,
    ids: Vec<String>,
) -> Result<HashMap<String, Cluster>> {
    if sweep.worthwhile(ids.len()) {
        match list!("DescribeDBClusters", client.describe_db_clusters(), db_clusters) {
            Some(all) => return Ok(cluster::by_identifier(all)),
            None => sweep.give_up(),
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
        match list!("DescribeDBInstances", client.describe_db_instances(), db_instances) {
            Some(all) => return Ok(instance::by_cluster(all)),
            None => sweep.give_up(),
        }
    }
    instance::describe(client, ids).await
}
