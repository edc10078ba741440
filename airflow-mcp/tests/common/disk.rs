//! A small disk that a test can fill: a file system in memory, which only the programs of the test see.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A disk in a mount namespace of its own, which ends with this value.
pub struct SmallDisk {
    /// Process that keeps the namespace.
    holder: Child,
    /// Folder at which programs in the namespace see the disk.
    folder: PathBuf,
}

impl SmallDisk {
    /// Creates a disk with this size in kilobytes.
    pub fn new(name: &str, kilobytes: u32) -> Self {
        let folder =
            std::env::temp_dir().join(format!("airflow-mcp-disk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let mount = format!(
            "mount -t tmpfs -o size={kilobytes}k tmpfs '{}' && echo mounted && exec cat",
            folder.display()
        );
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`unshare` exists");
        let mut line = String::new();
        let output = holder.stdout.take().expect("an output");
        BufReader::new(output).read_line(&mut line).expect("UTF-8");
        assert_eq!(
            line.trim(),
            "mounted",
            "this test needs user and mount namespaces"
        );
        Self { holder, folder }
    }

    /// Returns a path on the disk as programs in the namespace see it.
    pub fn inside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Returns the same path as the test sees it.
    pub fn outside(&self, name: &str) -> PathBuf {
        let root = format!("/proc/{}/root", self.holder.id());
        let folder = self.folder.strip_prefix("/").expect("an absolute path");
        Path::new(&root).join(folder).join(name)
    }

    /// Returns the command that runs another command in the namespace.
    pub fn run(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside
            .args(["--user", "--mount", "--preserve-credentials", "--target"])
            .arg(self.holder.id().to_string())
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear();
        for (name, value) in command.get_envs() {
            inside.env(name, value.expect("a value"));
        }
        inside
    }

    /// Writes a file until the disk is full.
    pub fn fill(&self) {
        let path = self.outside("filler");
        let options = OpenOptions::new().create(true).append(true).open(path);
        let mut file: File = options.expect("a file");
        while file.write_all(&[1; 4096]).is_ok() {}
        while file.write_all(&[1]).is_ok() {}
    }

    /// Removes what [`Self::fill`] has written.
    pub fn clear(&self) {
        std::fs::remove_file(self.outside("filler")).expect("the disk was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        let _ = std::fs::remove_dir(&self.folder);
    }
}
