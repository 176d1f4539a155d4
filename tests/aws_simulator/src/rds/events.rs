//! DescribeEvents and DescribePendingMaintenanceActions.

use super::{Event, PendingMaintenance, page};
use crate::clock::{Millis, iso};
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::World;
use crate::xml::Xml;

/// Without a time, the events of the last hour are told (DescribeEvents, Duration); never those older than 14 days.
const DEFAULT_MINUTES: Millis = 60;
const LONGEST_MINUTES: Millis = 14 * 24 * 60;

fn moment(params: &Params, name: &str) -> Answer<Option<Millis>> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    let parsed =
        parsed.map_err(|_| ApiError::bad("InvalidParameterValue", format!("Invalid {name}: {text}")))?;
    Ok(Some(parsed.as_millisecond()))
}

pub(super) fn describe(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (source, kind) = (params.get("SourceIdentifier"), params.get("SourceType"));
    if source.is_some() && kind.is_none() {
        let message = "If SourceIdentifier is supplied, SourceType must also be provided.";
        return Err(ApiError::bad("InvalidParameterCombination", message));
    }
    let categories = params.list("EventCategories.EventCategory");
    let (start, end) = (moment(params, "StartTime")?, moment(params, "EndTime")?);
    let now = world.now;
    let end = end.unwrap_or(now);
    let minutes = params.get("Duration").and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_MINUTES);
    let start = start.unwrap_or(end - minutes * 60_000).max(now - LONGEST_MINUTES * 60_000);
    let size = world.state.options.page_size;
    let fits = |event: &&Event| {
        // Times of the protocol may have whole seconds only: what happened within the first one counts.
        event.at / 1000 >= start / 1000
            && event.at <= end.max(end / 1000 * 1000 + 999)
            && event.at <= now
            && source.is_none_or(|id| id.eq_ignore_ascii_case(&event.source))
            && kind.is_none_or(|kind| kind == event.source_type)
            && (categories.is_empty() || categories.contains(&event.category))
    };
    let mut events: Vec<&Event> = world.here().events.iter().filter(fits).collect();
    events.sort_by_key(|event| event.at);
    let (events, next) = page(events, params, size)?;
    let mut xml = Xml::new();
    xml.list("Events", "Event", events, |xml, event| {
        xml.text("SourceIdentifier", &event.source)
            .text("SourceType", event.source_type)
            .text("SourceArn", &event.source_arn)
            .text("Message", &event.message)
            .text("Date", &iso(event.at))
            .texts("EventCategories", "EventCategory", [event.category]);
    });
    xml.optional("Marker", next.as_deref());
    Ok(xml)
}

pub(super) fn maintenance(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let size = world.state.options.page_size;
    let wanted = params.get("ResourceIdentifier");
    let all = world.here().pending_maintenance.iter();
    let picked: Vec<&PendingMaintenance> =
        all.filter(|each| wanted.is_none_or(|arn| arn == each.resource)).collect();
    let (picked, next) = page(picked, params, size)?;
    let mut xml = Xml::new();
    xml.list("PendingMaintenanceActions", "ResourcePendingMaintenanceActions", picked, |xml, each| {
        xml.text("ResourceIdentifier", &each.resource).list(
            "PendingMaintenanceActionDetails",
            "PendingMaintenanceAction",
            [each],
            |xml, each| {
                xml.text("Action", &each.action).text("Description", &each.description);
            },
        );
    });
    xml.optional("Marker", next.as_deref());
    Ok(xml)
}
