//! A provider's configuration on the wire: MessagePack in which every attribute of the schema stands.

use plugin_client::tfplugin6::schema::nested_block::NestingMode;
use plugin_client::tfplugin6::schema::{Block, NestedBlock};
use plugin_client::tfplugin6::{DynamicValue, Schema};
use rmp::encode::{write_array_len, write_bool, write_map_len, write_nil, write_str};

use crate::Result;

/// What is given for an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Given {
    Text(&'static str),
    Flag(bool),
}

/// What both AWS providers are told: who calls, and that nobody is to be asked about it. A provider that has no
/// argument of a name is not given it.
const CONFIGURATION: &[(&str, Given)] = &[
    ("access_key", Given::Text("test")),
    ("region", Given::Text("us-east-1")),
    ("secret_key", Given::Text("test")),
    ("skip_credentials_validation", Given::Flag(true)),
    ("skip_get_ec2_platforms", Given::Flag(true)),
    ("skip_metadata_api_check", Given::Flag(true)),
    ("skip_region_validation", Given::Flag(true)),
    ("skip_requesting_account_id", Given::Flag(true)),
    // workato's.
    ("api_key", Given::Text("test")),
    ("base_url", Given::Text("https://localhost")),
];

/// A configuration for that schema, with [`CONFIGURATION`] in it and nothing else.
pub(crate) fn configuration(schema: Option<&Schema>) -> Result<DynamicValue> {
    let block = schema.and_then(|schema| schema.block.as_ref()).ok_or("a provider without schema")?;
    let mut bytes = Vec::new();
    write_block(&mut bytes, block)?;
    Ok(DynamicValue { msgpack: bytes, json: Vec::new() })
}

fn write_block(to: &mut Vec<u8>, block: &Block) -> Result<()> {
    write_map_len(to, u32::try_from(block.attributes.len() + block.block_types.len())?)?;
    for attribute in &block.attributes {
        write_str(to, &attribute.name)?;
        match CONFIGURATION.iter().find(|(name, _)| *name == attribute.name) {
            Some((_, Given::Text(text))) if attribute.r#type == b"\"string\"" => write_str(to, text)?,
            Some((_, Given::Flag(flag))) if attribute.r#type == b"\"bool\"" => write_bool(to, *flag)?,
            _ => write_nil(to)?,
        }
    }
    for nested in &block.block_types {
        write_str(to, &nested.type_name)?;
        write_absent(to, nested)?;
    }
    Ok(())
}

/// No block: an empty collection, save where there can be one block only.
fn write_absent(to: &mut Vec<u8>, nested: &NestedBlock) -> Result<()> {
    match nested.nesting() {
        NestingMode::List | NestingMode::Set => drop(write_array_len(to, 0)?),
        NestingMode::Map => drop(write_map_len(to, 0)?),
        _ => write_nil(to)?,
    }
    Ok(())
}
