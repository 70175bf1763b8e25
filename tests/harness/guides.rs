//! The guides' code blocks, so that the tests run what a reader copies.

const GUIDES: [&str; 2] = [include_str!("../../src/guide/deploying.md"), include_str!("../../src/guide/many_nodes.md")];

/// The one block that holds this line.
#[track_caller]
pub fn block(line: &str) -> String {
    let mut found = blocks().into_iter().filter(|block| block.lines().any(|is| is == line));
    match (found.next(), found.next()) {
        (Some(block), None) => block,
        (None, _) => panic!("no guide has a block with the line {line:?}"),
        (Some(_), Some(_)) => panic!("several blocks of the guides have the line {line:?}"),
    }
}

fn blocks() -> Vec<String> {
    let (mut blocks, mut open): (Vec<String>, Option<String>) = (Vec::new(), None);
    for line in GUIDES.into_iter().flat_map(str::lines) {
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
