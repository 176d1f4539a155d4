use super::super::round::Reboot;
use super::*;
use crate::aws::DomainMembership;

const SETTLE: Millis = 1000;
const DIRECTORY: &str = "d-1234567890";

fn goal(rolling: bool) -> Goal {
    Goal {
        cluster: "c".into(),
        directory_id: DIRECTORY.into(),
        iam_role_name: "role".into(),
        rolling,
        immediately: true,
    }
}

/// Readers and, last, the writer, as `name instance-status membership-status`; `-` is no membership, and a
/// membership may say `@directory` behind it.
fn facts(members: &[&str]) -> Facts {
    let last = members.len().saturating_sub(1);
    let member = |(n, text): (usize, &&str)| {
        let words: Vec<&str> = text.split(' ').collect();
        let [id, status, joined] = words[..] else { panic!("three words: {text}") };
        let (joined, domain) = joined.split_once('@').unwrap_or((joined, DIRECTORY));
        Member {
            id: id.into(),
            writer: n == last,
            status: status.into(),
            membership: (joined != "-").then(|| DomainMembership {
                domain: domain.into(),
                status: joined.into(),
                fqdn: None,
                iam_role_name: Some("role".into()),
            }),
            own: true,
        }
    };
    Facts {
        identifier: "c".into(),
        status: "available".into(),
        members: members.iter().enumerate().map(member).collect(),
        ..Facts::default()
    }
}

fn round(reboots: &[&str], facts: &Facts) -> Round {
    let reboots = reboots.iter().map(|id| ((*id).to_owned(), Reboot { at: 0, sure: true })).collect();
    Round { reboots, ..Round::begin(&goal(true), facts, true, 0) }
}

fn check(rolling: bool, round: Option<&Round>, members: &[&str], expect: &Step) {
    assert_eq!(next(&goal(rolling), &facts(members), round, SETTLE, 10), *expect, "{members:?}");
}

fn wait(reason: &str) -> Step {
    Step::Wait(reason.to_owned())
}

fn reboot(id: &str) -> Step {
    Step::Reboot(id.to_owned())
}

const PENDING: &str = "pending-enable-kerberos";

#[test]
fn it_begins_with_a_modification_where_one_is_needed() {
    check(true, None, &["r available -", "w available -"], &Step::Modify);
    check(true, None, &["r available kerberos-enabled", "w available -"], &Step::Modify);
    check(true, None, &["w available enable-kerberos-failed"], &Step::Modify);
    check(true, None, &["w available kerberos-enabled@d-0000000000"], &Step::Modify);
    check(true, None, &["w available pending-maintenance-enable-kerberos"], &Step::Modify);
    check(true, None, &["w available pending-disable-kerberos"], &Step::Modify);
    check(true, None, &["r available kerberos-enabled", "w available joined"], &Step::Done);
    check(true, None, &[], &Step::Modify);
    let other_role = Goal { iam_role_name: "other".into(), ..goal(true) };
    assert_eq!(next(&other_role, &facts(&["w available kerberos-enabled"]), None, SETTLE, 0), Step::Modify);
    let busy = Facts { status: "modifying".into(), ..facts(&["w available -"]) };
    assert_eq!(next(&goal(true), &busy, None, SETTLE, 0), wait("cluster c is modifying"));
}

#[test]
fn what_is_under_way_goes_on_without_a_modification() {
    check(true, None, &["r available kerberos-enabled", "w available pending-enable-kerberos"], &reboot("w"));
    check(
        true,
        None,
        &["r rebooting pending-enable-kerberos", "w available pending-enable-kerberos"],
        &wait("r is rebooting"),
    );
    check(
        true,
        None,
        &["r available enabling-kerberos", "w available kerberos-enabled"],
        &wait("r is enabling-kerberos"),
    );
}

#[test]
fn readers_first_one_at_a_time_the_writer_last() {
    let all = |a: &str, b: &str, w: &str| [format!("a {a}"), format!("b {b}"), format!("w {w}")];
    let (pending, joining, joined) = (
        format!("available {PENDING}"),
        "available enabling-kerberos".to_owned(),
        "available kerberos-enabled".to_owned(),
    );
    let case = |reboots: &[&str], a: &str, b: &str, w: &str, expect: &Step| {
        let members = all(a, b, w);
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        check(true, Some(&round(reboots, &facts(&members))), &members, expect);
    };
    case(&[], &pending, &pending, &pending, &reboot("a"));
    case(&["a"], &format!("rebooting {PENDING}"), &pending, &pending, &wait("a is rebooting"));
    let without_effect = wait("a was rebooted and is pending-enable-kerberos");
    case(&["a"], &pending, &pending, &pending, &without_effect);
    // The first one must join before a second one is rebooted.
    case(&["a"], &joining, &pending, &pending, &wait("a is enabling-kerberos"));
    case(&["a"], &joined, &pending, &pending, &reboot("b"));
    // Then a reader may follow while another one still joins; the writer may not.
    case(&["a", "b"], &joined, &joining, &pending, &wait("b is enabling-kerberos"));
    case(&["a", "b"], &joined, &joined, &pending, &reboot("w"));
    case(&["a", "b", "w"], &joined, &joined, &joining, &wait("w is enabling-kerberos"));
    case(&["a", "b", "w"], &joined, &joined, &joined, &Step::Done);
}

#[test]
fn a_failure_ends_it_unless_it_is_an_old_one() {
    let failed = ["r available enable-kerberos-failed", "w available pending-enable-kerberos"];
    check(
        true,
        Some(&round(&["r"], &facts(&[PENDING_R, PENDING_W]))),
        &failed,
        &Step::Failed(vec!["r".into()]),
    );
    let old = round(&[], &facts(&failed));
    check(true, Some(&old), &failed, &wait("r is enable-kerberos-failed"));
    let later = next(&goal(true), &facts(&failed), Some(&old), SETTLE, SETTLE + 1);
    assert_eq!(later, Step::Failed(vec!["r".into()]));
}

const PENDING_R: &str = "r available pending-enable-kerberos";
const PENDING_W: &str = "w available pending-enable-kerberos";

#[test]
fn the_modification_takes_its_time() {
    let before = facts(&["r available -", "w available kerberos-enabled@d-0000000000"]);
    let round = round(&[], &before);
    let members = ["r available -", "w available kerberos-enabled@d-0000000000"];
    check(true, Some(&round), &members, &wait("r has no membership yet"));
    let members = ["r available pending-enable-kerberos", "w available kerberos-enabled@d-0000000000"];
    check(true, Some(&round), &members, &wait("w is still in d-0000000000 (kerberos-enabled)"));
}

#[test]
fn a_reader_that_came_later_needs_a_modification_of_its_own() {
    let round = round(&["w"], &facts(&[PENDING_W]));
    check(true, Some(&round), &["r available -", "w available kerberos-enabled"], &Step::Modify);
    // While it is being created it cannot join.
    check(
        true,
        Some(&round),
        &["r creating -", "w available kerberos-enabled"],
        &wait("r has no membership yet"),
    );
}

#[test]
fn without_reboots_it_ends_when_all_wait_for_theirs() {
    let begun = round(&[], &facts(&[PENDING_R, PENDING_W]));
    check(false, Some(&begun), &[PENDING_R, PENDING_W], &Step::Done);
    check(
        false,
        Some(&begun),
        &["r available enabling-kerberos", PENDING_W],
        &wait("r is enabling-kerberos"),
    );
    check(false, Some(&begun), &["r available -", PENDING_W], &wait("r has no membership yet"));
}

#[test]
fn the_maintenance_window_is_waited_for_by_others() {
    let later = Goal { immediately: false, ..goal(true) };
    let members = facts(&["w available pending-maintenance-enable-kerberos"]);
    assert_eq!(next(&later, &members, Some(&round(&[], &members)), SETTLE, 0), Step::Done);
    check(
        true,
        Some(&round(&[], &members)),
        &["w available pending-maintenance-enable-kerberos"],
        &wait("w is pending-maintenance-enable-kerberos"),
    );
}

#[test]
fn a_membership_that_stands_on_the_cluster_stands_for_all() {
    let mut members = facts(&[PENDING_R, PENDING_W]);
    members.members.iter_mut().for_each(|member| member.own = false);
    let step = |reboots: &[&str]| next(&goal(true), &members, Some(&round(reboots, &members)), SETTLE, 0);
    assert_eq!(step(&[]), reboot("r"));
    // It stays pending until the last one was rebooted, so the notes decide.
    assert_eq!(step(&["r"]), reboot("w"));
    assert_eq!(step(&["r", "w"]), wait("r is pending-enable-kerberos"));
}

#[test]
fn a_cluster_without_instances_is_done_when_it_is_modified() {
    let empty = facts(&[]);
    check(true, Some(&round(&[], &empty)), &[], &Step::Done);
    let modifying = Facts { status: "modifying".into(), ..facts(&[]) };
    let step = next(&goal(true), &modifying, Some(&round(&[], &empty)), SETTLE, 0);
    assert_eq!(step, wait("cluster c is modifying"));
}

#[test]
fn a_reboot_whose_answer_was_lost_is_made_again_only_if_it_did_not_happen() {
    let unsure = |facts: &Facts| {
        let mut round = round(&[], facts);
        round.reboots.insert("r".into(), Reboot { at: 0, sure: false });
        round
    };
    let pending = facts(&[PENDING_R, PENDING_W]);
    let mut lost = unsure(&pending);
    lost.learn(&pending, SETTLE, 10);
    assert_eq!(lost.reboots.len(), 1, "it may still show");
    lost.learn(&pending, SETTLE, SETTLE + 1);
    assert!(lost.reboots.is_empty(), "it did not happen");
    let mut lost = unsure(&pending);
    lost.learn(&facts(&["r rebooting pending-enable-kerberos", PENDING_W]), SETTLE, 10);
    lost.learn(&pending, SETTLE, SETTLE + 1);
    assert_eq!(lost.reboots.len(), 1, "it was seen");
}

#[test]
fn on_the_cluster_alone_a_reboot_shows_no_effect_before_the_last_one() {
    let mut pending = facts(&[PENDING_R, PENDING_W]);
    pending.members.iter_mut().for_each(|member| member.own = false);
    let mut taken_up = round(&[], &pending);
    taken_up.reboots.insert("r".into(), Reboot { at: 0, sure: false });
    taken_up.learn(&pending, SETTLE, SETTLE + 1);
    assert_eq!(taken_up.reboots.len(), 1, "the writer was not rebooted yet");
    taken_up.reboots.insert("w".into(), Reboot { at: SETTLE, sure: true });
    taken_up.learn(&pending, SETTLE, SETTLE + 1);
    assert_eq!(taken_up.reboots.len(), 2, "the writer was rebooted a moment ago");
    taken_up.learn(&pending, SETTLE, 2 * SETTLE + 1);
    assert!(!taken_up.reboots.contains_key("r"), "it was a reboot for something else");
}
