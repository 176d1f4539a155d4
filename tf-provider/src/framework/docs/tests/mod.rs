//! What is refused, on the toy provider.

mod pages;
mod toy;

use std::collections::BTreeMap;

use super::*;

/// Renders after a change, and returns what is wrong then.
#[track_caller]
fn problems(change: impl FnOnce(&mut Provider, &mut BTreeMap<String, String>)) -> Vec<String> {
    let (mut provider, mut examples) = (toy::provider(), toy::examples());
    change(&mut provider, &mut examples);
    render(&provider, &examples).unwrap_err()
}

#[test]
fn every_kind_has_its_folder() {
    let pages = render(&toy::provider(), &toy::examples()).unwrap();
    assert_eq!(
        pages.into_keys().collect::<Vec<_>>(),
        [
            "docs/actions/door.md",
            "docs/data-sources/sky.md",
            "docs/ephemeral-resources/door.md",
            "docs/functions/join.md",
            "docs/guides/start.md",
            "docs/index.md",
            "docs/list-resources/door.md",
            "docs/resources/door.md",
        ]
    );
}

#[test]
fn the_toy_is_a_provider_that_terraform_would_take() {
    for object in toy::provider().objects {
        assert_eq!(object.schema.problems(), [""; 0], "{}", object.type_name);
    }
}

#[test]
fn white_space_is_regular() {
    for (path, text) in render(&toy::provider(), &toy::examples()).unwrap() {
        assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{path}");
        assert!(!text.ends_with("\n\n") && text.lines().all(|line| line == line.trim_end()), "{path}");
    }
}

/// Names in the order that a file system happens to give.
struct Unordered(BTreeMap<String, String>);

impl Examples for Unordered {
    fn read(&self, path: &str) -> Option<String> {
        self.0.read(path)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        self.0.names(folder).into_iter().rev().collect()
    }
}

#[test]
fn pages_are_the_same_wherever_the_examples_lie() {
    let expect = render(&toy::provider(), &toy::examples()).unwrap();
    assert_eq!(render(&toy::provider(), &Unordered(toy::examples())).unwrap(), expect);
    let root = tempfile::tempdir().unwrap();
    for (path, text) in toy::examples() {
        let file = root.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text.replace('\n', "\r\n")).unwrap();
    }
    assert_eq!(render(&toy::provider(), &OnDisk::new(root.path())).unwrap(), expect);
}

#[test]
fn every_example_is_needed() {
    for path in toy::examples().into_keys() {
        let optional = ["-a.tf", "-b.tf", "-other.tf", "-c/main.tf", "-red.tfquery.hcl"];
        if optional.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let found = problems(|_, examples| {
            examples.remove(&path);
        });
        assert_eq!(found, [format!("{path}: missing or empty, and the documentation needs it")]);
    }
}

#[test]
fn examples_show_what_they_are_for() {
    let found = problems(|_, examples| {
        examples.insert(
            "examples/actions/toy_door/action.tf".to_owned(),
            "action \"toy_gate\" \"a\" {}".to_owned(),
        );
        examples.insert("examples/resources/toy_door/resource-a.tf".to_owned(), "\"toy_door\"".to_owned());
    });
    assert_eq!(
        found,
        [
            "examples/resources/toy_door/resource-a.tf: begins with no comment that says what it shows",
            "examples/actions/toy_door/action.tf: does not use `\"toy_door\"`",
        ]
    );
}

#[test]
fn pages_that_the_registry_would_not_show_are_refused() {
    let found = problems(|provider, _| {
        provider.guides[0].name = "Start Here".to_owned();
        provider.guides[0].text = "{{include \"x\"}}\n\n[gone](#gone)".to_owned();
    });
    assert_eq!(
        found,
        [
            "docs/guides/Start Here.md: `{{include \"x\"}}` is neither a tffile nor a codefile",
            "docs/guides/Start Here.md: the name has more than lower-case letters, digits, `_` and `-`",
            "docs/guides/Start Here.md: a link leads to `#gone`, which is not there",
        ]
    );
    let found = problems(|provider, examples| {
        provider.objects[1].type_name = "other_sky".to_owned();
        let example = "data \"other_sky\" \"this\" {}".to_owned();
        examples.insert("examples/data-sources/other_sky/data-source.tf".to_owned(), example);
        provider.guides.push(provider.guides[0].clone());
    });
    assert_eq!(
        found,
        ["docs/guides/start.md: two things have this page", "other_sky: does not begin with `toy_`",]
    );
}

#[test]
fn validation_finds_missing_and_orphaned_pages() {
    let mut pages = render(&toy::provider(), &toy::examples()).unwrap();
    let moved = pages.remove("docs/actions/door.md").unwrap();
    pages.insert("docs/actions/gate.md".to_owned(), moved);
    assert_eq!(
        validate(&toy::provider(), &pages),
        [
            "docs/actions/door.md: missing",
            "docs/actions/gate.md: belongs to nothing that the provider offers",
        ]
    );
}
