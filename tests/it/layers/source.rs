//! What names a Rust source holds. No parser: words and the paths that they form, without comments and texts.

/// A source, as far as the rules look at it.
pub(super) struct Source {
    pub(super) names: Vec<Name>,
}

/// A path in the code, seen from the crate's root: `crate::aws::Aws`, `std::fs`.
pub(super) struct Name {
    pub(super) line: usize,
    pub(super) path: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    /// `::`
    Into,
    Other(char),
}

impl Source {
    /// Reads the file at that path from the repository's root.
    pub(super) fn read(file: &str, text: &str) -> Self {
        let mut reader = Reader { tokens: tokens(text), at: 0, module: module_of(file), names: Vec::new() };
        reader.read();
        Self { names: reader.names }
    }
}

/// The module that a file is: `src/krb5/host.rs` is `krb5`, `host`.
fn module_of(file: &str) -> Vec<String> {
    let within = file.split_once("src/").map_or(file, |(_, within)| within).trim_end_matches(".rs");
    let mut parts: Vec<String> = within.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    module: Vec<String>,
    names: Vec<Name>,
}

impl Reader {
    fn read(&mut self) {
        // How deep in braces each inline module was opened.
        let (mut depth, mut opened) = (0_usize, Vec::new());
        while let Some((_, token)) = self.tokens.get(self.at).cloned() {
            match token {
                Token::Word(word) if word == "mod" && self.is_inline_module() => {
                    if let Some((_, Token::Word(name))) = self.tokens.get(self.at + 1) {
                        self.module.push(name.clone());
                    }
                    opened.push(depth);
                    depth += 1;
                    self.at += 3;
                }
                Token::Word(_) => {
                    let module = self.module.clone();
                    self.path(&module, None);
                }
                Token::Other(brace) => {
                    match brace {
                        '{' => depth += 1,
                        '}' => {
                            depth = depth.saturating_sub(1);
                            if opened.last() == Some(&depth) {
                                opened.pop();
                                self.module.pop();
                            }
                        }
                        _ => {}
                    }
                    self.at += 1;
                }
                Token::Into => self.at += 1,
            }
        }
    }

    fn is_inline_module(&self) -> bool {
        let next = |by: usize| self.tokens.get(self.at + by).map(|(_, token)| token);
        matches!((next(1), next(2)), (Some(Token::Word(_)), Some(Token::Other('{'))))
    }

    /// Reads one path, or a tree of them, that goes on from `prefix`.
    fn path(&mut self, module: &[String], prefix: Option<Vec<String>>) {
        let mut path = prefix.unwrap_or_default();
        let line = self.tokens[self.at].0;
        while let Some((_, Token::Word(word))) = self.tokens.get(self.at).cloned() {
            match (word.as_str(), path.is_empty()) {
                ("self", true) => path = absolute(module),
                ("self", false) => {}
                ("super", true) => path = absolute(&module[..module.len().saturating_sub(1)]),
                ("super", false) => {
                    if path.len() > 1 {
                        path.pop();
                    }
                }
                _ => path.push(word),
            }
            self.at += 1;
            if self.tokens.get(self.at).map(|(_, token)| token) != Some(&Token::Into) {
                break;
            }
            self.at += 1;
            if self.tokens.get(self.at).map(|(_, token)| token) == Some(&Token::Other('{')) {
                return self.group(module, &path);
            }
        }
        self.names.push(Name { line, path: path.join("::") });
    }

    /// Reads `{a, b::c}` after a path.
    fn group(&mut self, module: &[String], prefix: &[String]) {
        self.at += 1;
        while let Some((_, token)) = self.tokens.get(self.at).cloned() {
            match token {
                Token::Word(word) if word == "as" => self.at += 2,
                Token::Word(_) => self.path(module, Some(prefix.to_owned())),
                Token::Other('}') => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

fn absolute(module: &[String]) -> Vec<String> {
    std::iter::once("crate".to_owned()).chain(module.iter().cloned()).collect()
}

/// The words and signs of a source, with their lines; comments and texts are left out.
fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => until(rest, &['*', '/'], 2),
            ['r', '"' | '#', ..] if raw_text(rest).is_some() => raw_text(rest).unwrap_or(1),
            ['"', ..] => text_length(rest, '"'),
            // A character, or else the mark of a lifetime.
            ['\'', '\\', ..] => text_length(rest, '\''),
            ['\'', _, '\'', ..] => 3,
            [c, ..] if word(*c) => {
                let length = rest.iter().position(|c| !word(*c)).unwrap_or(rest.len());
                found.push((line, Token::Word(rest[..length].iter().collect())));
                length
            }
            [':', ':', ..] => {
                found.push((line, Token::Into));
                2
            }
            [c, ..] => {
                if !c.is_whitespace() {
                    found.push((line, Token::Other(*c)));
                }
                1
            }
            [] => break,
        };
        line += rest[..length].iter().filter(|c| **c == '\n').count();
        at += length;
    }
    found
}

/// How long a text in quotes is, with its quotes and escapes.
fn text_length(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// How long `r"…"` or `r#"…"#` is; `None` where it is none, but a raw identifier.
fn raw_text(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    (rest.get(1 + hashes) == Some(&'"')).then(|| {
        let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        until(rest, &end, 2 + hashes)
    })
}

fn until(rest: &[char], end: &[char], from: usize) -> usize {
    let found = (from..rest.len()).find(|at| rest[*at..].starts_with(end));
    found.map_or(rest.len(), |at| at + end.len())
}

/// The modules that a list declares with `mod name;`, in their order; those for tests alone are left out.
pub(super) fn modules(text: &str) -> Vec<String> {
    let mut for_tests = false;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let declared = line.strip_suffix(';').and_then(|line| line.rsplit_once("mod "));
        match declared {
            Some((visibility, name))
                if (visibility.is_empty() || visibility.starts_with("pub")) && !for_tests =>
            {
                found.push(name.to_owned());
            }
            _ => {}
        }
        for_tests = line == "#[cfg(test)]";
    }
    found
}

/// The name of the type that a source offers: the text of `const NAME`, or of a function's definition.
pub(super) fn type_name(text: &str) -> Option<String> {
    let constant = text.split_once("const NAME: &'static str = \"");
    let definition = || text.split_once("FunctionDefinition {")?.1.split_once("name: \"");
    let (_, rest) = constant.or_else(definition)?;
    rest.split('"').next().map(str::to_owned)
}
