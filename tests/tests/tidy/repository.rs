//! The files that people write, read once for all rules.

use std::fs;
use std::path::Path;

/// Folders with files that nobody writes by hand, or whose text is the input of a test.
const EXCLUDED: [&str; 9] = [
    ".git",
    "target",
    "generated",
    "golden",
    "ui",
    "expect",
    "fixtures",
    "node_modules",
    "specs/openapi",
];

/// Extensions of the files with prose or code.
const EXTENSIONS: [&str; 7] = ["rs", "md", "py", "html", "jinja", "yaml", "yml"];

/// File with its text.
pub(crate) struct SourceFile {
    /// Path relative to the repository.
    pub path: String,
    pub text: String,
}

/// Files of the repository.
pub(crate) struct Repository {
    pub files: Vec<SourceFile>,
}

impl Repository {
    /// Reads the files of the checkout.
    pub(crate) fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    if !EXCLUDED.iter().any(|folder| path.ends_with(folder)) {
                        folders.push(path);
                    }
                } else if path
                    .extension()
                    .is_some_and(|end| EXTENSIONS.iter().any(|known| end == *known))
                {
                    files.push(SourceFile {
                        text: fs::read_to_string(&path).unwrap(),
                        path: path.strip_prefix(root).unwrap().display().to_string(),
                    });
                }
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        // A repository without files would comply with every rule.
        assert!(files.len() > 100, "only {} files were found", files.len());
        Self { files }
    }

    /// Returns the files with this extension.
    pub(crate) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &SourceFile> {
        let is_wanted = move |file: &&SourceFile| {
            let end = file.path.rsplit_once('.');
            end.is_some_and(|(_, end)| end == extension)
        };
        self.files.iter().filter(is_wanted)
    }

    /// Returns the text of a file; `None` if the file does not exist.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        let found = self.files.iter().find(|file| file.path == path);
        found.map(|file| file.text.as_str())
    }

    /// Returns the root files of all crates: `src/lib.rs`, or `src/main.rs` of a crate without a library.
    pub(crate) fn crate_roots(&self) -> Vec<&str> {
        let roots = self.files.iter().filter_map(|file| {
            let folder = file.path.strip_suffix("src/main.rs");
            if let Some(folder) = folder
                && self.text(&format!("{folder}src/lib.rs")).is_some()
            {
                return None;
            }
            let is_root = folder.is_some() || file.path.ends_with("src/lib.rs");
            is_root.then_some(file.path.as_str())
        });
        roots.collect()
    }
}
