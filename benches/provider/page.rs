//! The page of results, in Markdown.

use std::fmt::Write as _;

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    columns: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        let heading: Vec<String> = heading.iter().map(|text| (*text).to_owned()).collect();
        Self { columns: heading.len(), rows: vec![heading] }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.columns, "a row as wide as the heading");
        self.rows.push(cells.into());
    }

    /// With columns of one width, so that it reads as well on a terminal.
    fn write(&self, to: &mut String) {
        let widths: Vec<usize> = (0..self.columns)
            .map(|column| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
            .collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(to, "| {cell:width$} ");
            }
            to.push_str("|\n");
            if index == 0 {
                for width in &widths {
                    let _ = write!(to, "|{}", "-".repeat(width + 2));
                }
                to.push_str("|\n");
            }
        }
    }
}

/// The page on its way: what is measured is added below, the verdict stands on top.
#[derive(Debug)]
pub(crate) struct Page {
    head: String,
    body: String,
}

impl Page {
    pub(crate) fn new(facts: &[String]) -> Self {
        let mut head = "# Results of the bench\n\nWritten by `cargo bench --bench provider`; never edited by hand. Absolute \
                        times drift on shared machines: the ratios count.\n\n"
            .to_owned();
        for fact in facts {
            let _ = writeln!(head, "- {fact}");
        }
        Self { head, body: String::new() }
    }

    pub(crate) fn section(&mut self, title: &str, text: &str) {
        let _ = write!(self.body, "\n## {title}\n\n{text}\n\n");
    }

    pub(crate) fn table(&mut self, table: &Table) {
        if !self.body.ends_with("\n\n") {
            self.body.push('\n');
        }
        table.write(&mut self.body);
    }

    /// The whole page, with the table of targets on top.
    pub(crate) fn finish(self, targets: &Table) -> String {
        let Self { mut head, body } = self;
        head.push_str("\n## Targets\n\n");
        targets.write(&mut head);
        head + &body
    }
}
