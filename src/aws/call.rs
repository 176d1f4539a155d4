//! Small things that every service file needs.

use jiff::Timestamp;

/// Sends a request and sorts its error.
///
/// `send!(RDS, "ModifyDBCluster", request)` sends with the SDK's retries, and while it is throttled with the
/// [patience](super::patience) of the operation. With a fourth word, `once`, the request is not repeated where it may
/// have taken effect, see [`AtMostOnce`](super::retry::AtMostOnce), and not given up while AWS may have it; with the
/// word `watched`, a [`Flight`](super::retry::Flight) sees whether an attempt may have taken effect without an answer.
macro_rules! send {
    ($service:expr, $operation:literal, $request:expr) => {
        $crate::aws::call::sent!($service, $operation, $request, |request| request.send())
    };
    ($service:expr, $operation:literal, $request:expr, watched $flight:expr) => {
        $crate::aws::call::sent!($service, $operation, $request, |request| request
            .customize()
            .interceptor($flight.clone())
            .send())
    };
    ($service:expr, $operation:literal, $request:expr, once $config:path) => {{
        let request = $request;
        $crate::aws::patience::to_the_end(($service, $operation), |flight| {
            let request = request
                .clone()
                .customize()
                .config_override(<$config>::new().retry_classifier($crate::aws::retry::AtMostOnce))
                .interceptor(flight);
            async move {
                let sent = request.send().await;
                sent.map_err(|error| $crate::aws::error::Error::of($service, $operation, &error))
            }
        })
        .await
    }};
}
pub(crate) use send;

/// Follows every page.
macro_rules! pages {
    ($service:expr, $operation:literal, $request:expr) => {
        $crate::aws::call::sent!($service, $operation, $request, |request| request
            .into_paginator()
            .items()
            .send()
            .try_collect())
    };
}
pub(crate) use pages;

/// Follows every page and puts the lists together that the pages have under that name. An answer without a list, as
/// something else than AWS may give one, says nothing of what exists, and is an error.
macro_rules! lists {
    ($service:expr, $operation:literal, $request:expr, $list:ident) => {
        $crate::aws::call::sent!($service, $operation, $request, |request| request
            .into_paginator()
            .send()
            .try_collect())
        .and_then(|pages| {
            let mut all = Vec::new();
            for page in pages {
                let list = page.$list.ok_or_else(|| {
                    $crate::aws::error::Error::incomplete(
                        $service,
                        $operation,
                        concat!("list ", stringify!($list)),
                    )
                })?;
                all.extend(list);
            }
            Ok(all)
        })
    };
}
pub(crate) use lists;

/// Sends a request in the way that is given, with [`patience`](super::patience), and sorts its error.
macro_rules! sent {
    ($service:expr, $operation:literal, $request:expr, |$each:ident| $send:expr) => {{
        let request = $request;
        $crate::aws::patience::patiently(($service, $operation), || {
            let $each = request.clone();
            async move { $send.await.map_err(|error| $crate::aws::error::Error::of($service, $operation, &error)) }
        })
        .await
    }};
}
pub(crate) use sent;

/// AWS's time in ours. A time that ours cannot hold is treated as none.
pub(crate) fn time(time: Option<&aws_smithy_types::DateTime>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// Our time in AWS's.
pub(crate) fn aws_time(time: Timestamp) -> aws_smithy_types::DateTime {
    aws_smithy_types::DateTime::from_secs(time.as_second())
}

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Asked of AWS after the call began, or shared with a request that is on its way. For whatever goes into
    /// a state.
    Now,
    /// At most [`RECENT`] old, with no write of this process in between. For checks that many objects of one
    /// walk make on the same thing.
    Recent,
}

/// The age up to which [`Freshness::Recent`] is content with an answer.
pub const RECENT: std::time::Duration = std::time::Duration::from_secs(15);

/// Tags by key.
pub type Tags = std::collections::BTreeMap<String, String>;
