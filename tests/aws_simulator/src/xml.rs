//! Writing of XML answers: nested elements with escaped text, and nothing else that XML has.

use std::fmt::Write as _;

use quick_xml::escape::partial_escape;

/// An XML text under construction.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// An element with text.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.open(name);
        self.0.push_str(&partial_escape(value));
        self.close(name);
        self
    }

    /// An element with a number or a truth value.
    pub(crate) fn value(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        self.open(name);
        // Numbers and truth values have nothing to escape, and a String takes every write.
        let _ = write!(self.0, "{value}");
        self.close(name);
        self
    }

    /// An element with text, or none.
    pub(crate) fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// An element with elements inside.
    pub(crate) fn node(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(name);
        inside(self);
        self.close(name);
        self
    }

    /// A list: an element with one element for each item.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        item_name: &str,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.node(name, |xml| {
            for each in items {
                xml.node(item_name, |xml| item(xml, each));
            }
        })
    }

    /// A list of texts.
    pub(crate) fn texts<'t>(
        &mut self,
        name: &str,
        item_name: &str,
        items: impl IntoIterator<Item = &'t str>,
    ) -> &mut Self {
        self.node(name, |xml| {
            for each in items {
                xml.text(item_name, each);
            }
        })
    }

    /// A list of tags as RDS and IAM write it.
    pub(crate) fn tags(&mut self, name: &str, item_name: &str, tags: &crate::state::Tags) -> &mut Self {
        self.list(name, item_name, tags, |xml, (key, value)| {
            xml.text("Key", key).text("Value", value);
        })
    }

    /// Text that is already XML.
    pub(crate) fn raw(&mut self, xml: &str) -> &mut Self {
        self.0.push_str(xml);
        self
    }

    fn open(&mut self, name: &str) {
        self.0.push('<');
        self.0.push_str(name);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(build: impl FnOnce(&mut Xml), expect: &str) {
        let mut xml = Xml::new();
        build(&mut xml);
        assert_eq!(xml.finish(), expect);
    }

    #[test]
    fn elements_nest_and_text_is_escaped() {
        check(
            |xml| {
                xml.node("A", |xml| {
                    xml.text("B", "1 < 2 & \"3\"").optional("C", None).value("D", true);
                });
            },
            "<A><B>1 &lt; 2 &amp; \"3\"</B><D>true</D></A>",
        );
    }

    #[test]
    fn an_empty_list_is_an_empty_element() {
        check(
            |xml| {
                xml.texts("Names", "member", []).texts("Zones", "member", ["a"]);
            },
            "<Names></Names><Zones><member>a</member></Zones>",
        );
    }
}
