//! Time: a clock that tests can freeze and advance, how long each step takes, and words that change by themselves.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// Milliseconds since the Unix epoch on the machine's own clock.
pub fn wall_clock() -> Millis {
    Timestamp::now().as_millisecond()
}

/// A duration in milliseconds, saturating.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

/// The clock that state machines run on. It does not govern signatures and temporary credentials: clients sign by
/// the wall clock, and an advanced test clock would make every request look old.
#[derive(Debug, Default)]
pub struct Clock {
    frozen_at: Option<Millis>,
    ahead: Millis,
    /// How far the servers' wall clock is ahead of the client's, in milliseconds: the `Date` header and the check of
    /// signatures move by it. For tests of clock skew.
    pub skew: Millis,
}

impl Clock {
    /// The present moment of the state machines.
    pub fn now(&self) -> Millis {
        self.frozen_at.unwrap_or_else(wall_clock) + self.ahead
    }

    /// The present moment on the servers' wall clock.
    pub fn wall(&self) -> Millis {
        wall_clock() + self.skew
    }

    /// Moves the clock forward.
    pub fn advance(&mut self, by: Duration) {
        self.ahead += millis(by);
    }

    /// Stops the clock: from now on only [`Clock::advance`] moves it.
    pub fn freeze(&mut self) {
        self.frozen_at.get_or_insert_with(wall_clock);
    }

    /// Lets the clock run again, without going back.
    pub fn thaw(&mut self) {
        if let Some(frozen) = self.frozen_at.take() {
            self.ahead = (frozen + self.ahead - wall_clock()).max(0);
        }
    }
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// How long each step of a state machine takes. All zero by default: a change is done when its call returns.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Steps {
            $($(#[doc = $doc])+ pub $name: Duration,)+
        }

        impl Steps {
            /// The names of the steps, as the control interface spells them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// Every step takes as long.
            pub fn all(duration: Duration) -> Self {
                Self { $($name: duration),+ }
            }

            /// Sets the step of that name; false when there is none.
            pub fn set(&mut self, name: &str, duration: Duration) -> bool {
                match name {
                    $(stringify!($name) => self.$name = duration,)+
                    _ => return false,
                }
                true
            }
        }
    };
}

steps! {
    /// Each of a directory's stages on the way to Active: Requested, Creating, Created.
    directory_create,
    /// Deleting, until the directory is gone.
    directory_delete,
    /// Updating: the edition's upgrade and the number of domain controllers.
    directory_update,
    /// Enabling and Disabling of directory data access.
    data_access,
    /// Creating and Updating of a trust.
    trust_change,
    /// Verifying.
    trust_verify,
    /// Deleting, until the trust is gone.
    trust_delete,
    /// Sharing, Rejecting and Deleting of a shared directory.
    share,
    /// Creating of a cluster or an instance.
    database_create,
    /// Modifying of a cluster.
    cluster_modify,
    /// Deleting of a cluster or an instance.
    database_delete,
    /// Rebooting of an instance.
    reboot,
    /// Enabling-kerberos of a member, once it has rebooted.
    join,
    /// Each of pending-disable-kerberos and disabling-kerberos.
    leave,
}

/// A status word, and the words that it will change to, each at its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    word: String,
    since: Millis,
    ahead: VecDeque<(Millis, String)>,
}

impl Timeline {
    /// A word that holds from `now`.
    pub fn new(word: &str, now: Millis) -> Self {
        Self { word: word.to_owned(), since: now, ahead: VecDeque::new() }
    }

    /// Adds the word that follows the last one after `delay`.
    pub fn then(mut self, delay: Duration, word: &str) -> Self {
        let at = self.end() + millis(delay);
        self.ahead.push_back((at, word.to_owned()));
        self
    }

    /// The present word, as of the last [`Timeline::settle`].
    pub fn word(&self) -> &str {
        &self.word
    }

    /// Since when the present word holds.
    pub fn since(&self) -> Millis {
        self.since
    }

    /// When the last change happens, or happened.
    pub fn end(&self) -> Millis {
        self.ahead.back().map_or(self.since, |(at, _)| *at)
    }

    /// Whether a change lies ahead.
    pub fn is_moving(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Takes the changes that are due.
    pub fn settle(&mut self, now: Millis) {
        while let Some((at, _)) = self.ahead.front() {
            if *at > now {
                break;
            }
            if let Some((at, word)) = self.ahead.pop_front() {
                self.since = at;
                self.word = word;
            }
        }
    }
}

/// A moment as the query protocols write it, with milliseconds.
pub(crate) fn iso(at: Millis) -> String {
    format_time(at, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// A moment as IAM and STS write it, in whole seconds.
pub(crate) fn iso_seconds(at: Millis) -> String {
    format_time(at, "%Y-%m-%dT%H:%M:%SZ")
}

/// A moment as SigV4's `X-Amz-Date` has it.
pub(crate) fn amz_date(at: Millis) -> String {
    format_time(at, "%Y%m%dT%H%M%SZ")
}

/// A moment as HTTP's `Date` header has it (RFC 9110, section 5.6.7).
pub(crate) fn http_date(at: Millis) -> String {
    format_time(at, "%a, %d %b %Y %H:%M:%S GMT")
}

fn format_time(at: Millis, format: &str) -> String {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH).strftime(format).to_string()
}

/// Reads `20150830T123600Z`.
pub(crate) fn parse_amz_date(text: &str) -> Option<Millis> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(moments: &[(Millis, &str)]) {
        let step = Duration::from_millis(10);
        let mut line = Timeline::new("Requested", 100).then(step, "Creating").then(step, "Active");
        for (at, expect) in moments {
            line.settle(*at);
            assert_eq!(line.word(), *expect, "at {at}");
        }
    }

    #[test]
    fn a_timeline_follows_the_clock() {
        check(&[(100, "Requested"), (109, "Requested"), (110, "Creating"), (120, "Active"), (999, "Active")]);
    }

    #[test]
    fn a_timeline_skips_what_nobody_looked_at() {
        check(&[(500, "Active")]);
    }

    #[test]
    fn a_frozen_clock_moves_only_by_hand() {
        let mut clock = Clock::default();
        clock.freeze();
        let before = clock.now();
        clock.advance(Duration::from_mins(1));
        assert_eq!(clock.now(), before + 60_000);
        clock.thaw();
        assert!(clock.now() >= before + 60_000);
    }

    #[test]
    fn dates_go_both_ways() {
        let at = parse_amz_date("20150830T123600Z").unwrap();
        assert_eq!(amz_date(at), "20150830T123600Z");
        assert_eq!(iso(at), "2015-08-30T12:36:00.000Z");
        assert_eq!(http_date(at), "Sun, 30 Aug 2015 12:36:00 GMT");
    }
}
