//! Whole pages of the toy provider.

use super::toy;
use crate::framework::docs::render;

#[track_caller]
fn page(path: &str) -> String {
    let mut pages = render(&toy::provider(), &toy::examples()).unwrap();
    pages.remove(path).unwrap()
}

/// The part of the resource's page from one text up to another.
#[track_caller]
fn resource(from: &str, to: &str) -> String {
    let page = page("docs/resources/door.md");
    let start = page.find(from).unwrap();
    let end = page[start..].find(to).map_or(page.len(), |at| start + at);
    page[start..end].to_owned()
}

#[test]
fn resource_introduction() {
    insta::assert_snapshot!(resource("---", "<!-- schema"), @r##"
    ---
    # Generated from schema and examples by `cargo test`; changes made here are lost.
    page_title: "toy_door Resource - toy"
    subcategory: "Entrances"
    description: |-
      A door with a lock and hinges.
    ---

    # toy_door (Resource)

    A door with a [lock](https://example.com/lock) and `hinges`.

    It opens both ways.

    ## Example Usage

    ```terraform
    resource "toy_door" "this" {}
    ```

    ### With a guard

    ```terraform
    # At night.
    resource "toy_door" "a" {}
    ```

    ### Without a guard

    ```terraform
    resource "toy_door" "b" {}
    ```

    ## Permissions

    The caller must live there.
    "##);
}

#[test]
fn resource_attributes() {
    insta::assert_snapshot!(resource("<!-- schema", "<a id="), @r##"
    <!-- schema generated from the provider's declarations -->
    ## Schema

    ### Required

    - `hinges` (Attributes List) Hinges. Must have from 2 to 3 elements. (see [below for nested schema](#nestedatt--hinges))
    - `name` (String) Name of the door. Must have from 1 to 8 characters. Forces replacement.

    ### Optional

    -> **Note** [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) need Terraform 1.11 or later.

    - `any` (Dynamic) Anything.
    - `bolts` (Attributes Set) Bolts. (see [below for nested schema](#nestedatt--bolts))
    - `code_wo` (String, Sensitive, [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)) Code of the lock.
    - `colour` (String) Colour. Defaults to `white`.
    - `guard` (Block List) Guards. (see [below for nested schema](#nestedblock--guard))
    - `handle` (Attributes) Handle. (see [below for nested schema](#nestedatt--handle))
    - `key` (String, Sensitive) Key.

      Keep it secret:
      - from burglars
      - from Terraform

    - `knob` (String, Deprecated) Knob. **Deprecated:** Use `handle` instead.
    - `labels` (Map of String) Labels.
    - `locks` (Attributes Map) Locks. (see [below for nested schema](#nestedatt--locks))
    - `timeouts` (Block, Optional) How long to wait. (see [below for nested schema](#nestedblock--timeouts))
    - `width` (Number) Width in centimetres. Must be from 60 to 120.

    ### Read-Only

    - `frame` (Object) Frame as measured. (see [below for nested schema](#nestedatt--frame))
    - `id` (String) Identifier.
    - `seen` (Block Set) Sightings. (see [below for nested schema](#nestedblock--seen))
    "##);
}

#[test]
fn resource_nested_attributes() {
    insta::assert_snapshot!(resource("<a id=", "## Import"), @r##"
    <a id="nestedatt--hinges"></a>
    ### Nested Schema for `hinges`

    Required:

    - `side` (String) Where it hangs. Valid values: `left`, `right`.

    Read-Only:

    - `serial` (String) Number on the hinge.

    <a id="nestedatt--bolts"></a>
    ### Nested Schema for `bolts`

    Required:

    - `side` (String) Where it hangs. Valid values: `left`, `right`.

    Read-Only:

    - `serial` (String) Number on the hinge.

    <a id="nestedblock--guard"></a>
    ### Nested Schema for `guard`

    Required:

    -> **Note** [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) need Terraform 1.11 or later.

    - `pin_wo` (String, [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)) Secret of the guard.
    - `shift` (Block List, Min: 1, Max: 7) When the guard is there. (see [below for nested schema](#nestedblock--guard--shift))

    <a id="nestedblock--guard--shift"></a>
    ### Nested Schema for `guard.shift`

    Required:

    - `day` (String) Day of the week.

    <a id="nestedatt--handle"></a>
    ### Nested Schema for `handle`

    Required:

    - `side` (String) Where it hangs. Valid values: `left`, `right`.

    Read-Only:

    - `serial` (String) Number on the hinge.

    <a id="nestedatt--locks"></a>
    ### Nested Schema for `locks`

    Required:

    - `side` (String) Where it hangs. Valid values: `left`, `right`.

    Read-Only:

    - `serial` (String) Number on the hinge.

    <a id="nestedblock--timeouts"></a>
    ### Nested Schema for `timeouts`

    Optional:

    - `create` (String) Default `30m`.

    <a id="nestedatt--frame"></a>
    ### Nested Schema for `frame`

    Read-Only:

    - `sides` (List of Object) (see [below for nested schema](#nestedobjatt--frame--sides))
    - `size` (Tuple)

    <a id="nestedobjatt--frame--sides"></a>
    ### Nested Schema for `frame.sides`

    Read-Only:

    - `length` (Number)

    <a id="nestedblock--seen"></a>
    ### Nested Schema for `seen`

    Read-Only:

    - `by` (String) Who saw it.
    "##);
}

#[test]
fn resource_import() {
    insta::assert_snapshot!(resource("## Import", "\u{0}"), @r##"
    ## Import

    With Terraform 1.12 or later, an [`import` block](https://developer.hashicorp.com/terraform/language/import) can name the object by its identity:

    ```terraform
    import {
      to = toy_door.this
    }
    ```

    ### Identity Schema

    #### Required

    - `name` (String) Name of the door.

    #### Optional

    - `house` (String) House, if not the provider's.

    ### Import by ID

    With Terraform 1.5 or later, an [`import` block](https://developer.hashicorp.com/terraform/language/import) can name the object by its ID:

    ```terraform
    import {
      to = toy_door.this
    }
    ```

    With any version, the command [`terraform import`](https://developer.hashicorp.com/terraform/cli/commands/import) takes the same ID:

    ```shell
    terraform import toy_door.this front
    ```
    "##);
}

#[test]
fn data_source() {
    insta::assert_snapshot!(page("docs/data-sources/sky.md"), @r##"
    ---
    # Generated from schema and examples by `cargo test`; changes made here are lost.
    page_title: "toy_sky Data Source - toy"
    subcategory: ""
    description: |-
      The sky.
    ---

    # toy_sky (Data Source)

    ~> **Deprecated** Look out of the window.

    The sky.

    ## Example Usage

    ```terraform
    data "toy_sky" "this" {}
    ```

    <!-- schema generated from the provider's declarations -->
    ## Schema

    ### Read-Only

    - `colour` (String) Its colour.
    "##);
}

#[test]
fn list_resource() {
    insta::assert_snapshot!(page("docs/list-resources/door.md"), @r##"
    ---
    # Generated from schema and examples by `cargo test`; changes made here are lost.
    page_title: "toy_door List Resource - toy"
    subcategory: ""
    description: |-
      A door.
    ---

    # toy_door (List Resource)

    A door.

    ## Example Usage

    ```terraform
    list "toy_door" "all" {}
    ```

    ### Red ones

    ```terraform
    list "toy_door" "red" {}
    ```

    <!-- schema generated from the provider's declarations -->
    ## Schema

    There are no attributes.
    "##);
}

#[test]
fn index() {
    insta::assert_snapshot!(page("docs/index.md"), @r##"
    ---
    # Generated from schema and examples by `cargo test`; changes made here are lost.
    page_title: "Toy Provider"
    description: |-
      Toys.
    ---

    # Toy Provider

    Toys.

    ## Example Usage

    ```terraform
    provider "toy" {}
    ```

    ## Authentication

    Knock.

    <!-- schema generated from the provider's declarations -->
    ## Schema

    ### Optional

    - `house` (String) Default house.
    "##);
}

#[test]
fn function() {
    insta::assert_snapshot!(page("docs/functions/join.md"), @r##"
    ---
    # Generated from schema and examples by `cargo test`; changes made here are lost.
    page_title: "join function - toy"
    subcategory: ""
    description: |-
      Joins words.
    ---

    # function: join

    ~> **Deprecated** Use `join` of the language.

    Joins words with a separator.

    ## Example Usage

    ```terraform
    output "o" {
      value = provider::toy::join("-", ["a"])
    }
    ```

    ## Signature

    ```text
    join(separator string, words list of string...) object
    ```

    ## Arguments

    1. `separator` (String, Nullable) What stands between.
    1. `words` (Variadic, List of String) The words.

    ## Return Type

    The result is of type `object({joined = bool})`.
    "##);
}

#[test]
fn guide() {
    insta::assert_snapshot!(page("docs/guides/start.md"), @r##"
    ---
    # Generated from schema and examples by `cargo test`; changes made here are lost.
    page_title: "Your \"first\" door"
    subcategory: ""
    description: |-
      Begin here.
    ---

    # Your "first" door

    Begin here.

    ```terraform
    resource "toy_door" "this" {}
    ```

    ```shell
    terraform apply
    ```
    "##);
}
