//! The directory, and what of it has to be asked for apart from the directory itself.

use std::time::Duration;

use tf_provider::framework::Context;

use super::Directory;
use crate::aws::{self, Aws, Freshness, Tags};
use crate::resources::late::look_again;
use crate::tags;

/// `tags` and `tags_all`. Of many directories with tags that are as the state says, a listing confirms it.
pub(super) async fn tags(aws: &Aws, id: &str, state: &Directory) -> aws::Result<(Option<Tags>, Tags)> {
    if let Some(tagging) = aws.tagging()
        && let Some(listed) = tagging.glance_at_directory(id).await
    {
        let seen = tags::read(aws, listed, (state.tags.as_ref(), &state.tags_all));
        if (&seen.0, &seen.1) == (&state.tags, &state.tags_all) {
            return Ok(seen);
        }
    }
    Ok(tags::read(aws, aws.ds().list_tags(id).await?, (state.tags.as_ref(), &state.tags_all)))
}

/// Whether data access is, or is about to be, enabled. A caller who may not ask keeps what the state says. It costs a
/// call for each directory, so that it is looked at only where it is managed, or on import is found enabled.
pub(super) async fn data_access(
    aws: &Aws,
    found: &aws::Directory,
    state: &Directory,
) -> aws::Result<Option<bool>> {
    let is_import = state.name.is_empty();
    if state.enable_directory_data_access.is_none() && !is_import {
        return Ok(None);
    }
    if !tells_data_access(&found.stage) {
        return Ok(state.enable_directory_data_access);
    }
    match is_data_access_enabled(aws, &found.id).await {
        Ok(enabled) => Ok(Some(enabled).filter(|enabled| *enabled || !is_import)),
        // Regions without the feature answer that the operation is not supported.
        Err(error) if matches!(error.kind, aws::Kind::AccessDenied | aws::Kind::Refused) => {
            tracing::warn!(directory = found.id, "directory data access cannot be read: {error}");
            Ok(state.enable_directory_data_access)
        }
        Err(error) => Err(error),
    }
}

/// Whether Directory Service has an answer on data access for a directory in this stage.
pub(super) fn tells_data_access(stage: &str) -> bool {
    matches!(stage, "Active" | "Impaired" | "Inoperable" | "Updating")
}

/// Whether data access is, or is about to be, enabled.
pub(super) async fn is_data_access_enabled(aws: &Aws, id: &str) -> aws::Result<bool> {
    let status = aws.ds().find_data_access(id).await?;
    Ok(matches!(status.as_deref(), Some("Enabled" | "Enabling")))
}

/// How often a directory is looked at that was asked for and never seen, and may yet show.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_secs(6);

/// The directory; none where it is gone.
pub(super) async fn find(
    aws: &Aws,
    state: &Directory,
    context: &Context,
) -> aws::Result<Option<aws::Directory>> {
    let is_import = state.name.is_empty();
    let never_seen = state.launch_time.is_empty() && !is_import;
    let look = || aws.ds().find_directory(&state.id, Freshness::Now);
    let doubtful = |found: &Option<aws::Directory>| found.is_none() && never_seen;
    look_again(context, LOOKS, BETWEEN_LOOKS, look, doubtful).await
}
