//! Finds circles between the rooms of a layer. A room is a folder of the layer, or a file next to these folders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::source::{Module, Source};

/// The maximum number of re-exports that lead to one item. More of them form a circle.
const MAX_NAMES: usize = 8;
/// The maximum number of paths to print for two rooms.
const MAX_PATHS: usize = 4;

/// For two rooms, the paths in the second that the first names, each with the file that names it.
type Arrows = BTreeMap<(Module, Module), BTreeSet<String>>;

/// Every circle: its rooms, and the files that tie them together. Pairs of rooms with the fewest paths come first,
/// because they are the easiest to separate.
pub fn circles(files: &[Source]) -> Vec<String> {
    let arrows = arrows(files);
    let mut circles: BTreeMap<BTreeSet<&Module>, Vec<(usize, String)>> = BTreeMap::new();
    for ((from, to), paths) in &arrows {
        let circle: BTreeSet<_> =
            reached(&arrows, from).into_iter().filter(|room| reached(&arrows, room).contains(from)).collect();
        if circle.contains(to) {
            let mut lines = vec![format!("  {} names {}:", from.join("::"), to.join("::"))];
            lines.extend(paths.iter().take(MAX_PATHS).map(|path| format!("    {path}")));
            lines.extend((paths.len() > MAX_PATHS).then(|| format!("    and {} more", paths.len() - MAX_PATHS)));
            circles.entry(circle).or_default().push((paths.len(), lines.join("\n")));
        }
    }
    let text = |(circle, mut arrows): (BTreeSet<&Module>, Vec<(usize, String)>)| {
        arrows.sort();
        let rooms: Vec<String> = circle.iter().map(|room| room.join("::")).collect();
        let arrows: Vec<String> = arrows.into_iter().map(|(_, lines)| lines).collect();
        format!("A circle of {}:\n{}\n", rooms.join(", "), arrows.join("\n"))
    };
    circles.into_iter().map(text).collect()
}

/// The rooms that a room names, directly or through other rooms.
fn reached<'a>(arrows: &'a Arrows, room: &'a Module) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut last = vec![room];
    while let Some(from) = last.pop() {
        let named = arrows.keys().filter(|(other, _)| other == from).map(|(_, to)| to);
        last.extend(named.filter(|to| reached.insert(*to)));
    }
    reached
}

fn arrows(files: &[Source]) -> Arrows {
    let imports: HashMap<&[String], &Module> =
        files.iter().flat_map(|file| &file.imports).map(|(name, meant)| (name.as_slice(), meant)).collect();
    let rooms: BTreeSet<&[String]> = files.iter().filter_map(|file| file.module.get(..2)).collect();
    let mut arrows = Arrows::new();
    for file in files {
        let Some(from) = file.module.get(..2) else { continue };
        for path in &file.paths {
            let path = item(path, &imports);
            let Some(to) = path.get(..2).filter(|to| rooms.contains(to)) else { continue };
            if to[0] == from[0] && to != from {
                let reason = format!("{} names {}", file.name, path.join("::"));
                arrows.entry((from.to_vec(), to.to_vec())).or_default().insert(reason);
            }
        }
    }
    arrows
}

/// The path where the item is defined. The given path may name a re-export of it.
fn item(path: &Module, imports: &HashMap<&[String], &Module>) -> Module {
    let mut path = path.clone();
    for _ in 0..MAX_NAMES {
        let passed_on = (1..=path.len()).rev().find_map(|length| Some((length, *imports.get(&path[..length])?)));
        let Some((length, meant)) = passed_on else { break };
        path = [meant.as_slice(), &path[length..]].concat();
    }
    path
}

#[test]
fn a_circle_is_found_through_the_names_that_a_layer_passes_on() {
    let file = |name: &str, code: &str| Source::read(&format!("src/store/{name}.rs"), code);
    let pool = file("pool/mod", "use super::Lanes; fn f(_: crate::store::Clock) {}");
    let lanes = |code| file("standing/lanes", code);
    let others = [
        file("mod", "mod pool; pub use standing::Lanes; pub use clock::Clock; pub use pool::trust::Trust;"),
        file("standing/mod", "pub(super) use lanes::Lanes;"),
        file("pool/trust", "use super::super::clock::Clock;"),
        file("clock", "use crate::domain::Moment;"),
    ];
    let mut files = Vec::from(others);
    files.extend([pool, lanes("use crate::store::Clock;")]);
    assert_eq!(circles(&files), Vec::<String>::new());
    files.push(lanes("use crate::store::{Clock, Trust as T};"));
    let found = circles(&files);
    let expected = "A circle of store::pool, store::standing:
  store::pool names store::standing:
    src/store/pool/mod.rs names store::standing::lanes::Lanes
  store::standing names store::pool:
    src/store/standing/lanes.rs names store::pool::trust::Trust
";
    assert_eq!(found, [expected]);
}
