//! Adopting an object that is there already and that no state knows.
//!
//! An apply that is killed between AWS's answer and Terraform's write of the state leaves such an object behind. A
//! provider cannot put it into the state by itself, because it cannot tell it from somebody else's; so it names the
//! object, and the block that does.

/// The `import` block that adopts an object. A provider does not know the address of its resource; Terraform names it
/// with every error.
pub(crate) fn import_block(type_name: &str, id: &str) -> String {
    format!("import {{\n  to = {type_name}.NAME\n  id = \"{id}\"\n}}")
}

/// What to do about an object that is there already, as advice of a failure.
pub(crate) fn adopt(type_name: &str, id: &str) -> String {
    format!(
        "If an apply that was interrupted made it, or if it shall be managed here from now on, adopt it: put this block \
         into the root module, with the address that Terraform names with this error instead of {type_name}.NAME, and \
         apply again.\n\n{}\n\n",
        import_block(type_name, id)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_one_that_terraform_reads() {
        insta::assert_snapshot!(import_block("aurorakerberos_directory", "d-1234567890"), @r#"
        import {
          to = aurorakerberos_directory.NAME
          id = "d-1234567890"
        }
        "#);
    }
}
