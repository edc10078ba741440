//! Finds import cycles: sets of files of one crate that reach each other through `use` and path expressions outside tests. A `mod` declaration is not an import, and a pair of files in one folder is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::allowed::Finding;
use super::modules::Crate;

/// Use of a file by another one: the line and the path there.
type Import = (usize, String);

/// Returns the cycles of all crates.
pub(crate) fn find(crates: &[Crate]) -> Vec<Finding> {
    crates.iter().flat_map(cycles_of).collect()
}

fn cycles_of(krate: &Crate) -> Vec<Finding> {
    let imports = imports(krate);
    let mut findings = Vec::new();
    for cycle in cycles(krate.files.len(), &imports) {
        let mut files: Vec<&str> = cycle
            .iter()
            .map(|file| krate.files[*file].as_str())
            .collect();
        files.sort_unstable();
        if let [one, other] = files[..]
            && are_in_one_folder(one, other)
        {
            continue;
        }
        let mut message = format!("import cycle of {} files:", files.len());
        for ((from, to), (line, path)) in &imports {
            if cycle.contains(from) && cycle.contains(to) {
                let (from, to) = (&krate.files[*from], &krate.files[*to]);
                write!(message, "\n    {from}:{line}: {path} ({to})").unwrap();
            }
        }
        findings.push(Finding {
            key: files.join(", "),
            message,
        });
    }
    findings
}

/// Returns whether two files are in one folder. A module `a.rs` is also in the folder of its children, as `a/mod.rs` would be.
fn are_in_one_folder(one: &str, other: &str) -> bool {
    let folders = |file: &'_ str| -> [String; 2] {
        let stem = file.trim_end_matches(".rs").to_owned();
        let folder = stem.rsplit_once('/').map_or("", |(folder, _)| folder);
        [folder.to_owned(), stem]
    };
    let ([one, one_stem], [other, other_stem]) = (folders(one), folders(other));
    one == other || one == other_stem || other == one_stem
}

/// Returns which files use which, with the first use.
fn imports(krate: &Crate) -> BTreeMap<(usize, usize), Import> {
    let mut imports = BTreeMap::new();
    for (index, module) in krate.modules.iter().enumerate() {
        for path in &module.paths {
            let Some(to) = krate.resolve(index, &path.segments) else {
                continue;
            };
            let to = krate.modules[to].file;
            if to != module.file {
                let import = (path.line, path.segments.join("::"));
                imports.entry((module.file, to)).or_insert(import);
            }
        }
    }
    imports
}

/// Returns the sets of two or more files that reach each other.
fn cycles(files: usize, imports: &BTreeMap<(usize, usize), Import>) -> Vec<BTreeSet<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..files)
        .map(|start| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![start]);
            while let Some(file) = next.pop() {
                let targets = imports.range((file, 0)..(file + 1, 0));
                next.extend(
                    targets
                        .map(|((_, to), _)| *to)
                        .filter(|to| reached.insert(*to)),
                );
            }
            reached
        })
        .collect();
    let mut cycles = Vec::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for file in 0..files {
        if seen.contains(&file) || !reached[file].contains(&file) {
            continue;
        }
        let back = |other: &&usize| reached[**other].contains(&file);
        let cycle: BTreeSet<usize> = reached[file].iter().filter(back).copied().collect();
        seen.extend(&cycle);
        cycles.push(cycle);
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{Repository, SourceFile};

    /// Returns the keys of the cycles of a crate with these files.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| SourceFile {
            path: format!("src/{path}"),
            text: (*text).to_owned(),
        };
        let files = files.iter().map(file).collect();
        let keys = find(&Crate::read_all(&Repository { files }))
            .into_iter()
            .map(|it| it.key);
        keys.collect()
    }

    /// Paths and texts of the files of a crate, and the expected keys of its cycles.
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

    #[test]
    fn only_uses_outside_tests_make_cycles() {
        let a = ("a/mod.rs", "pub struct A; fn f() { crate::b::f(); }");
        let rows: [Row<'_>; 6] = [
            (
                &[
                    ("lib.rs", "mod a; mod b;"),
                    a,
                    ("b.rs", "use super::a::A; pub fn f() {}"),
                ],
                &["src/a/mod.rs, src/b.rs"],
            ),
            (
                &[
                    ("lib.rs", "mod a; mod b;"),
                    a,
                    ("b.rs", "#[cfg(test)] mod tests { use crate::a::A; }"),
                ],
                &[],
            ),
            // Paths in macros, and of renamed and grouped imports.
            (
                &[
                    ("lib.rs", "mod a; mod b; mod c;"),
                    ("a/mod.rs", "mod x; use crate::{b as other, c};"),
                    ("b.rs", "fn f() { println!(\"{}\", crate::c::C); }"),
                    (
                        "c.rs",
                        "use crate::b as it; pub const C: u8 = 1; fn f() { it::f() }",
                    ),
                    ("a/x.rs", "use super::super::a;"),
                ],
                &[],
            ),
            // A re-export leads to the file with the definition.
            (
                &[
                    ("lib.rs", "mod a; mod b;"),
                    ("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::Y;"),
                    ("a/x.rs", "pub struct X;"),
                    ("a/y.rs", "use super::X; pub struct Y;"),
                    ("b.rs", "use crate::a::X;"),
                ],
                &[],
            ),
            // Three files in one folder.
            (
                &[
                    ("lib.rs", "mod a; mod b; mod c;"),
                    ("a.rs", "use crate::b::B; pub struct A;"),
                    ("b.rs", "pub struct B(crate::c::C);"),
                    ("c.rs", "pub struct C; impl C { fn f(_: &super::a::A) {} }"),
                ],
                &["src/a.rs, src/b.rs, src/c.rs"],
            ),
            // The root is a file like any other.
            (
                &[
                    ("lib.rs", "mod a; pub use a::A; pub struct B;"),
                    ("a.rs", "pub struct A(crate::B);"),
                ],
                &[],
            ),
        ];
        for (files, expected) in rows {
            assert_eq!(found(files), expected, "{files:?}");
        }
    }
}
