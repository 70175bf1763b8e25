//! The README's blocks of code, so that what a reader copies is what the tests run.

const README: &str = include_str!("../../README.md");

/// The one block that holds this line.
#[track_caller]
pub fn block(line: &str) -> String {
    let mut found = blocks().into_iter().filter(|block| block.lines().any(|is| is == line));
    match (found.next(), found.next()) {
        (Some(block), None) => block,
        (None, _) => panic!("the README has no block with the line {line:?}"),
        (Some(_), Some(_)) => panic!("the README has several blocks with the line {line:?}"),
    }
}

fn blocks() -> Vec<String> {
    let (mut blocks, mut open): (Vec<String>, Option<String>) = (Vec::new(), None);
    for line in README.lines() {
        match &mut open {
            _ if line.starts_with("```") => match open.take() {
                Some(block) => blocks.push(block),
                None => open = Some(String::new()),
            },
            Some(block) => block.extend([line, "\n"]),
            None => {}
        }
    }
    blocks
}
