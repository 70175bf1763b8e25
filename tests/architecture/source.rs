//! Parses the paths that a source file names.

use std::{fs, ops::Range, path::Path};

/// A module as a path, such as `["site", "admin", "user"]`.
pub type Module = Vec<String>;

/// A source file.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    /// The module path of the file.
    pub module: Module,
    /// Every path in this crate that it names.
    pub paths: Vec<Module>,
    /// Every name that its `use` lines bring into it, as a path, with the path that it stands for.
    pub imports: Vec<(Module, Module)>,
    code: String,
    outside_uri_macros: Vec<Module>,
}

/// The layers from the map in `src/lib.rs`, line by line, from the top.
pub fn layers() -> Vec<Vec<String>> {
    let lib = fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let map = lib.lines().filter_map(|line| line.strip_prefix("// |"));
    map.map(|line| {
        let words = line.split_whitespace();
        words.take_while(|word| lib.contains(&format!("mod {word};"))).map(str::to_owned).collect()
    })
    .collect()
}

/// Every file under `src`.
pub fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    assert!(files.len() > 50, "too few source files were found");
    files
}

fn collect(folder: &Path, files: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            files.push(Source::read(&path.display().to_string(), &text));
        }
    }
}

/// The modules of the site that mount routes.
pub fn handlers(files: &[Source]) -> Vec<Module> {
    let mounts = |file: &&Source| file.name.starts_with("src/site/") && file.code.contains("routes![");
    files.iter().filter(mounts).map(|file| file.module.clone()).collect()
}

impl Source {
    /// The code without comments.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Reads a file. Comments and unit tests do not count.
    pub fn read(name: &str, text: &str) -> Self {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> = text.lines().map(without_comment).collect();
        let code = code.join("\n");
        let module = module_of(name);
        let mut named = Vec::new();
        for (at, path) in paths_from(&code, &["crate", "super", "self"]) {
            named.push((at, absolute(&module, path)));
        }
        let imports = imports(&code).into_iter().filter_map(|path| {
            let name = [module.as_slice(), &[path.last()?.clone()]].concat();
            Some((name, absolute(&module, path)))
        });
        let imports = imports.collect();
        // An imported module is named again where it is used.
        let imported: Vec<Module> = named.iter().map(|(_, path)| path.clone()).collect();
        for module in imported {
            let Some(last) = module.last() else { continue };
            for (at, path) in paths_from(&code, &[last]) {
                named.push((at, module.iter().cloned().chain(path.into_iter().skip(1)).collect()));
            }
        }
        let addresses = addresses(&code);
        let is_outside = |at: usize| !addresses.iter().any(|address| address.contains(&at));
        let outside_uri_macros = named.iter().filter(|(at, _)| is_outside(*at)).map(|(_, path)| path.clone()).collect();
        let paths = named.into_iter().map(|(_, path)| path).collect();
        Self { name: name.to_owned(), module, paths, imports, code, outside_uri_macros }
    }

    /// The paths outside `uri!`.
    pub fn paths_outside_uri_macros(&self) -> impl Iterator<Item = Module> {
        self.outside_uri_macros.iter().cloned()
    }

    /// The string literals, as they are written. Raw literals are not understood.
    pub fn literals(&self) -> Vec<&str> {
        let mut literals = Vec::new();
        let mut rest = self.code.as_str();
        while let Some((before, text)) = rest.split_once('"') {
            let is_character = before.ends_with('\'') && text.starts_with('\'');
            let end = if is_character { 0 } else { end_of_literal(text) };
            literals.extend((!is_character).then_some(&text[..end]));
            rest = text.get(end + 1..).unwrap_or_default();
        }
        literals
    }

    /// Whether the code contains this word, such as another crate's name.
    pub fn names(&self, word: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        self.code
            .match_indices(word)
            .any(|(at, _)| !self.code[..at].ends_with(is_part) && !self.code[at + word.len()..].starts_with(is_part))
    }
}

/// The position of the first quotation mark that no backslash escapes.
fn end_of_literal(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

fn module_of(name: &str) -> Module {
    let path = name.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| !matches!(*part, "lib" | "main" | "mod")).map(str::to_owned).collect()
}

/// The path from the crate's root that a file means by this path. A path that starts with no keyword is one of its
/// children, or of another crate.
fn absolute(module: &Module, mut path: Module) -> Module {
    let mut base = module.clone();
    match path[0].as_str() {
        "crate" => base.clear(),
        "super" => drop(base.pop()),
        "self" => {}
        _ => return [base, path].concat(),
    }
    path.remove(0);
    while path.first().is_some_and(|part| part == "super") {
        path.remove(0);
        base.pop();
    }
    [base, path].concat()
}

/// The paths of the `use` lines, as they stand there.
fn imports(code: &str) -> Vec<Module> {
    let starts = code.match_indices("use ").filter(|(at, _)| {
        let before = code[..*at].rsplit(['\n', ';']).next().unwrap_or_default().trim();
        before.is_empty() || before.starts_with("pub")
    });
    starts.flat_map(|(at, word)| Tree { rest: &code[at + word.len()..] }.read(&[])).collect()
}

fn without_comment(line: &str) -> &str {
    let starts = line.match_indices("//").map(|(at, _)| at);
    starts.filter(|at| !line[..*at].ends_with(':')).min().map_or(line, |at| &line[..at])
}

/// Every path that starts with one of these words, with its position.
fn paths_from(code: &str, words: &[&str]) -> Vec<(usize, Module)> {
    let mut found = Vec::new();
    for word in words {
        for (at, _) in code.match_indices(&format!("{word}::")) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':')) {
                let mut tree = Tree { rest: &code[at..] };
                found.extend(tree.read(&[]).into_iter().map(|path| (at, path)));
            }
        }
    }
    found
}

/// The rest of a tree of paths, such as `a::{b, c::*}`.
struct Tree<'a> {
    rest: &'a str,
}

impl Tree<'_> {
    fn read(&mut self, before: &[String]) -> Vec<Module> {
        let mut path = before.to_vec();
        loop {
            self.skip(char::is_whitespace);
            let word = self.skip(|c| c.is_alphanumeric() || c == '_').to_owned();
            if !word.is_empty() && (word != "self" || path.is_empty()) {
                path.push(word);
            }
            self.skip(char::is_whitespace);
            let Some(rest) = self.rest.strip_prefix("::") else { return vec![path] };
            self.rest = rest;
            if let Some(rest) = self.rest.strip_prefix('{') {
                self.rest = rest;
                return self.read_group(&path);
            }
        }
    }

    fn read_group(&mut self, before: &[String]) -> Vec<Module> {
        let mut paths = Vec::new();
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return paths;
            }
            paths.extend(self.read(before));
            self.skip(|c| !matches!(c, ',' | '}')); // `as Other`
        }
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) -> &str {
        let end = self.rest.find(|c| !is_skipped(c)).unwrap_or(self.rest.len());
        let (skipped, rest) = self.rest.split_at(end);
        self.rest = rest;
        skipped
    }
}

/// The positions of the `uri!` calls in a file.
fn addresses(code: &str) -> Vec<Range<usize>> {
    let close = |start: usize| {
        let mut depth = 0;
        code[start..].char_indices().find(|(_, c)| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            *c == ')' && depth == 0
        })
    };
    code.match_indices("uri!(").map(|(at, _)| at..at + close(at).map_or(0, |(end, _)| end)).collect()
}
