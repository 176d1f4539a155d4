//! Which calls are in flight, so that an end can wait for their answers.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codegen::http::Request;
use tonic::service::{AxumBody, AxumRouter, Routes};
use tower::Service as _;

/// The calls in flight. Clones watch the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(watch::Sender<Count>);

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    in_flight: usize,
    last_end: Option<Instant>,
}

/// A call. It is in flight until this is dropped.
pub(super) struct Call(watch::Sender<Count>);

impl Calls {
    pub(super) fn begin(&self) -> Call {
        self.0.send_modify(|count| count.in_flight += 1);
        Call(self.0.clone())
    }

    pub(super) fn in_flight(&self) -> usize {
        self.0.borrow().in_flight
    }

    /// Returns once no call has been in flight for that time; at once where that is so already.
    pub(super) async fn quiet(&self, time: Duration) {
        let mut changes = self.0.subscribe();
        loop {
            let Count { in_flight, last_end } = *changes.borrow_and_update();
            let rest = last_end.map_or(Duration::ZERO, |end| time.saturating_sub(end.elapsed()));
            tokio::select! {
                // It fails only without a sender, and one is here.
                _ = changes.changed() => {}
                () = tokio::time::sleep(rest), if in_flight == 0 => return,
            }
        }
    }

    /// The same services, watched: a call is in flight from its arrival until the connection has taken over the last
    /// piece of its answer, or nobody waits for that any more.
    pub(super) fn watched(&self, routes: Routes) -> Routes {
        let calls = self.clone();
        let watched = tower::service_fn(move |request: Request<AxumBody>| {
            let call = calls.begin();
            let answer = routes.clone().call(request);
            async move {
                let answer = answer.await?;
                Ok::<_, Infallible>(answer.map(|body| {
                    Body::new(body.map_frame(move |frame| {
                        let _in_flight = &call;
                        frame
                    }))
                }))
            }
        });
        AxumRouter::new().fallback_service(watched).into()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.send_modify(|count| {
            count.in_flight -= 1;
            count.last_end = Some(Instant::now());
        });
    }
}
