//! What of a directory has to be asked for apart from the directory itself.

use tf_provider::framework::Failure;

use super::Directory;
use crate::aws::{self, Aws, Tags};
use crate::tags;

/// `tags` and `tags_all`. Of many directories with tags that are as the state says, a listing confirms it.
pub(super) async fn tags(aws: &Aws, id: &str, state: &Directory) -> Result<(Option<Tags>, Tags), Failure> {
    if let Some(tagging) = aws.tagging()
        && let Some(listed) = tagging.glance_at_directory(id).await
    {
        let seen = tags::read(aws, listed, state.tags.as_ref());
        if (&seen.0, &seen.1) == (&state.tags, &state.tags_all) {
            return Ok(seen);
        }
    }
    Ok(tags::read(aws, aws.ds().list_tags(id).await?, state.tags.as_ref()))
}

/// Whether data access is, or is about to be, enabled. A caller who may not ask keeps what the state says. It costs a
/// call for each directory, so that it is looked at only where it is managed, or on import is found enabled.
pub(super) async fn data_access(
    aws: &Aws,
    found: &aws::Directory,
    state: &Directory,
) -> Result<Option<bool>, Failure> {
    let is_import = state.name.is_empty();
    if state.enable_directory_data_access.is_none() && !is_import {
        return Ok(None);
    }
    // Before that, Directory Service has no answer.
    if !matches!(found.stage.as_str(), "Active" | "Impaired" | "Inoperable" | "Updating") {
        return Ok(state.enable_directory_data_access);
    }
    match aws.ds().find_data_access(&found.id).await {
        Ok(status) => {
            let enabled = matches!(status.as_deref(), Some("Enabled" | "Enabling"));
            Ok(Some(enabled).filter(|enabled| *enabled || !is_import))
        }
        // Regions without the feature answer that the operation is not supported.
        Err(error) if matches!(error.kind, aws::Kind::AccessDenied | aws::Kind::Refused) => {
            tracing::warn!(directory = found.id, "directory data access cannot be read: {error}");
            Ok(state.enable_directory_data_access)
        }
        Err(error) => Err(error.into()),
    }
}
