"""Tests of the work of a maintainer when Airflow's API changes: an update from earlier releases to the current ones, with the released packages, and back.

The earlier checkout is made from the current one: `spec update` writes the earlier documents, and the test removes the entries of the allowlist for operations and parameters that `generate` reports as missing.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import setting

ROOT = pathlib.Path(__file__).parents[2]
THEN = {"airflow-3": "3.2.2", "airflow-3-fab": "3.1.2", "airflow-2": "2.10.5"}
DOCUMENTED = "Something that a person has written"


class Checkout:
    """Copy of the files that the tasks use, in its own Git repository."""

    def __init__(self, path):
        self.path = path
        for name in ["specs", "generated", "README.md", "Cargo.toml", "xtask/Cargo.toml"]:
            copy = path / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("now")

    def git(self, *arguments):
        names = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org"}
        names |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in names.items()}
        command = ["git", "-c", "commit.gpgsign=false", *arguments]
        return subprocess.run(command, cwd=self.path, env=os.environ | names, check=True, text=True, capture_output=True).stdout

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def task(self, *arguments, **env):
        """Runs a task and returns (exit code, standard output, standard error)."""
        command = [setting("E2E_XTASK"), *arguments]
        done = subprocess.run(command, cwd=self.path, env=os.environ | env, text=True, capture_output=True)
        return done.returncode, done.stdout, done.stderr

    def succeed(self, *arguments):
        code, out, output = self.task(*arguments)
        assert code == 0, f"{arguments}: {out}\n{output}"
        return out

    def update(self, versions):
        return self.succeed("spec", "update", *(f"{name}@{version}" for name, version in versions.items()))

    def text(self, name):
        return (self.path / name).read_text()

    def documents(self):
        """Returns the bytes of the published documents and of the lock file with their sources."""
        files = [*sorted((self.path / "specs/openapi").iterdir()), self.path / "specs/sources.lock"]
        return {file.name: file.read_bytes() for file in files}

    def operations(self):
        """Returns the operation ids of each document."""
        documents = sorted((self.path / "specs/openapi").iterdir())
        found = {file.stem: re.findall(r"^\s+operationId: (\S+)$", file.read_text(), re.M) for file in documents}
        assert all(len(ids) > 5 and len(ids) == len(set(ids)) for ids in found.values()), "the operation ids were not found"
        return {name: set(ids) for name, ids in found.items()}

    def versions(self):
        names = re.findall(r'^name = "(.*)"$', self.text("specs/sources.lock"), re.M)
        return dict(zip(names, re.findall(r'^version = "(.*)"', self.text("specs/sources.lock"), re.M), strict=True))

    def errors(self):
        """Returns the diagnostics of `generate` as (file, line, message)."""
        code, _, output = self.task("generate")
        found = re.findall(r"^(specs/\S+?):(\d+): (.*)$", output, re.M)
        assert found or code == 0, output
        return [(path, int(line), what) for path, line, what in found]

    def fit(self):
        """Removes entries of the allowlist that the documents do not have, until `generate` reports nothing."""
        for _ in range(9):
            errors = self.errors()
            if not errors:
                return
            for path in {path for path, _, _ in errors}:
                lines = self.text(path).split("\n")
                of_file = {(line, what) for file, line, what in errors if file == path}
                for line, what in sorted(of_file, reverse=True):
                    remove_subject(lines, line - 1, what)
                text = "\n".join(lines)
                if path.startswith("specs/tools/") and "- method:" not in text:
                    (self.path / path).unlink()
                else:
                    (self.path / path).write_text(text)
        raise AssertionError(f"the allowlist still does not match the documents: {self.errors()}")


def remove_subject(lines, at, what):
    """Removes the subject of a diagnostic: a binding, an override or one of its names. Removes the whole entry if nothing would remain."""
    if missing := re.match(r"(\S+) has no operation `(\S+)`", what):
        document, operation = missing.groups()
        binding = rf",? *{document}: (?:{operation}\b|\{{ id: {operation}\b[^}}]*\}})"
        rest = re.sub(binding, "", lines[at]).replace("{,", "{")
        if "operations:" not in lines[at]:
            # The binding has one or several lines of its own.
            while not lines[at].startswith(f"      {document}:"):
                at -= 1
            del lines[at]
            while lines[at].startswith("        "):
                del lines[at]
            if lines[at - 1].strip() == "operations:" and not lines[at].startswith("      "):
                entry(lines, at - 1)
        elif re.search(r"operations: \{ *\S+: ", rest):
            lines[at] = rest
        else:
            entry(lines, at)
    elif idle := re.match(r"`(\w+)` of `\S+` has no effect", what):
        lines[at] = re.sub(rf", {idle.group(1)}: [^,}}]*", "", lines[at])
    elif idle := re.match(r"`(\S+)` matches no parameter", what):
        names = re.search(r"names: \[([^]]*)\]", lines[at])
        others = [name for name in names.group(1).split(", ") if name != idle.group(1)]
        if others:
            lines[at] = lines[at].replace(names.group(1), ", ".join(others))
        else:
            item(lines, at)
    elif re.search(r"^tool `\S+` has no document|has no parameter|must override something", what):
        item(lines, at)
    elif "no longer applies" in what:
        entry(lines, at)
    else:
        raise AssertionError(f"{what}: {lines[at]}")


def item(lines, at):
    """Removes a list item, and also the key of the list if the item was the last one."""
    while not lines[at].lstrip().startswith("- "):
        at -= 1
    indent = len(lines[at]) - len(lines[at].lstrip())
    end = at + 1
    while end < len(lines) and lines[end].strip() and len(lines[end]) - len(lines[end].lstrip()) > indent:
        end += 1
    del lines[at:end]
    is_last = at >= len(lines) or not lines[at].startswith(" " * indent + "- ")
    if is_last and lines[at - 1].strip() in ["omit:", "parameters:"]:
        del lines[at - 1]


def entry(lines, at):
    """Removes the entry that begins at or above a line, and the empty line after the entry."""
    while not lines[at].startswith("  - "):
        at -= 1
    end = at + 1
    while end < len(lines) and not lines[end].startswith(("  - ", "  #")):
        end += 1
    del lines[at:end]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.now = (checkout.versions(), checkout.documents(), checkout.operations(), checkout.text("specs/history.yaml"))
    checkout.update({name: version for name, version in THEN.items()})
    assert {name: checkout.versions()[name] for name in THEN} == THEN
    code, _, output = checkout.task("generate")
    assert code != 0 and "run `cargo xtask history`" in output, "generate accepts a history of other releases"
    checkout.succeed("history")
    checkout.fit()
    checkout.succeed("coverage")
    checkout.commit("then")
    return checkout


def sections(body):
    """Splits the body of a pull request into headings and their texts."""
    parts = re.split(r"^(?:###? |<details><summary>)(.*?)(?:</summary>)?$", body, flags=re.M)
    return {re.sub(r" \(\d+\)$", "", title): text for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def test_an_update_to_a_release_and_back(earlier):
    versions, documents, operations, history = earlier.now
    before = (earlier.documents(), earlier.operations())
    new = {name: operations[name] - before[1][name] for name in THEN}
    # Airflow 3.3.2 and FAB 3.10.2 added this many operations. A later release can have more.
    assert len(new["airflow-3"]) >= 18 and len(new["airflow-3-fab"]) >= 6 and not new["airflow-2"]

    # The current documents are equal byte for byte, whatever their source.
    output = earlier.update(versions)
    assert earlier.documents() == documents
    assert f"`airflow-3` {versions['airflow-3']} adds {len(new['airflow-3'])} operations" in output and "cargo xtask history" in output
    assert earlier.update(versions).count("already") == len(versions), "a second update changed something"
    earlier.succeed("history")
    assert earlier.text("specs/history.yaml") == history

    # The generator and the pull request both list the undecided operations.
    undecided = set(re.findall(r"operation `(\S+)` of \S+ is neither a tool nor excluded", earlier.task("generate")[2]))
    assert undecided == new["airflow-3"] | new["airflow-3-fab"]
    code, out, _ = earlier.task("coverage")
    assert code != 0 and all(operation in out for operation in undecided)
    body = earlier.succeed("diff", "--markdown")
    parts = sections(body)
    offered = parts["Changes of the documents"]
    for document, ids in new.items():
        if not ids:
            continue
        table = offered.split(f"`{document}` {versions[document]} adds {len(ids)} operations:")[1].split("\n\n")[1]
        assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == ids
        assert table.count("| undecided |") == len(ids)
    assert f"`airflow-3` 3.2.2 → {versions['airflow-3']}" in body
    assert f"{len(undecided)} operations are neither a tool nor excluded yet" in parts["Open decisions"]
    # Earlier, an asset event could have any partition key. Now the key has a maximum length.
    breaking, additive = parts["Breaking"], parts["Additive"]
    assert "parameter `partition_key` has a new maximum length: 250" in breaking
    assert re.search(r"`clear_apacheairflow_dag_run`(: |\n(  - .*\n)*  - )parameter `note` is new", additive)
    assert re.search(r"in \d+ tools: result field `partition_date` is new \(on `airflow-3`\)\n  - .*`list_all_apacheairflow_dag_runs`", additive)
    assert "`awaiting_input`" in additive and "`awaiting_input`" not in breaking

    # Code is generated only after the new entries are filled in.
    code, _, output = earlier.task("allow", "get_users", "get_userz", "login", "get_dags")
    assert code != 0 and not earlier.git("status", "--short", "specs/tools")
    assert "did you mean" in output and "is excluded in specs/excluded.yaml:" in output and "is already the tool" in output
    code, _, output = earlier.task("allow", *sorted(new["airflow-3-fab"]))
    belong = re.findall(r"add `(\S+): (\S+)` to its `operations`: (\S+):(\d+)", output)
    assert code != 0 and {operation for _, operation, _, _ in belong} == new["airflow-3-fab"], "not all are tools of Airflow 2"
    out = earlier.succeed("allow", *sorted(new["airflow-3"]))
    assert len(re.findall(r"^specs/tools/\w+\.yaml:\d+: `\w+` \(", out, re.M)) == len(new["airflow-3"])
    for document, operation, path, line in sorted(belong, key=lambda it: -int(it[3])):
        bind(earlier.path / path, int(line) - 1, document, operation)
    errors = earlier.errors()
    assert sum("replace the `TODO` in `title`" in what for _, _, what in errors) == len(new["airflow-3"])
    assert not earlier.git("status", "--short", "generated/src"), "tools were generated although texts are missing"
    fill_in(earlier)
    left = earlier.errors()
    assert not left, left
    earlier.succeed("generate", "--check")
    earlier.succeed("coverage")

    # Newly documented operations are new for users, and existing tools are unchanged.
    parts = sections(earlier.succeed("diff", "--markdown"))
    assert "Open decisions" not in parts
    assert len(re.findall(rf"new: {DOCUMENTED}", parts["Additive"])) == len(new["airflow-3"])
    assert "`list_all_apacheairflow_users`: new: List users (reads); in the presets `access-audit`, `access`, `read`, `all` (on `airflow-3`)" in parts["Additive"]
    assert parts["Breaking"] == breaking

    # Update back to the earlier releases.
    earlier.update(THEN)
    assert earlier.documents() == before[0]


def bind(file, at, document, operation):
    """Adds an operation to the tool that begins in a line."""
    lines = file.read_text().split("\n")
    while "operations:" not in lines[at]:
        at += 1
    if lines[at].rstrip().endswith("operations:"):
        lines.insert(at + 1, f"      {document}: {operation}")
    else:
        lines[at] = lines[at].replace(" }", f", {document}: {operation} }}", 1)
    file.write_text("\n".join(lines))


def fill_in(checkout):
    """Replaces each `TODO` with the same text, as a person would with a real text."""
    for path in {path for path, _, _ in checkout.errors()}:
        file = checkout.path / path
        text = re.sub(r"summary: \[TODO\] +# some of (\w+).*", r"summary: [\1]", file.read_text())
        file.write_text(text.replace("TODO", DOCUMENTED))
    for path, line, what in sorted(checkout.errors(), reverse=True):
        lines = checkout.text(path).split("\n")
        if "add `read_back` to this operation" in what:
            lines[line - 1] = read_back_as_its_neighbours(lines, line - 1)
        else:
            add_parameter(lines, line, path, what)
        (checkout.path / path).write_text("\n".join(lines))


def read_back_as_its_neighbours(lines, at):
    """Returns the line of an operation with the `read_back` of the operation above it."""
    above = re.search(r"read_back: (\w+)", lines[at - 1]) or re.search(r"read_back: (\w+)", lines[at + 1])
    return re.sub(r": (\w+)$", rf": {{ id: \1, read_back: {above.group(1)} }}", lines[at])


def add_parameter(lines, line, path, what):
    """Describes the new parameter of an existing tool."""
    parameter = re.match(r"parameter `(\S+)` of `\S+` has no description in", what)
    assert parameter, f"{path}:{line}: {what}"
    end = next((at for at in range(line, len(lines)) if not lines[at].startswith("    ")), len(lines))
    at = next((at for at in range(line, end) if lines[at] == "    parameters:"), None)
    if at is None:
        lines.insert(end, "    parameters:")
        at = end
    lines.insert(at + 1, f"      - {{ name: {parameter.group(1)}, description: {DOCUMENTED} }}")


def test_removals_are_breaking(earlier):
    """Compares the same releases in the opposite direction without changing the checkout."""
    earlier.git("checkout", "--quiet", "--force", "main")
    earlier.git("clean", "--quiet", "-d", "--force")
    breaking = sections(earlier.succeed("diff", "--markdown", "--base", f"airflow-3@{earlier.now[0]['airflow-3']}"))["Breaking"]
    assert re.search(r"`clear_apacheairflow_dag_run`(: |\n(  - .*\n)*  - )parameter `note` was removed", breaking)
    assert "result field `partition_date` was removed" in breaking
    assert "can no longer be `awaiting_input`" in breaking, "the removed value of a parameter is not reported"
    assert not earlier.git("status", "--short")


def test_a_release_that_does_not_fit_changes_nothing(earlier):
    documents = earlier.documents()
    rows = [
        ("airflow-3@9.9.9", "3.0, before 4"),
        ("airflow-2@2.11.99", "has no release 2.11.99; the newest ones are "),
        ("airflow-4@4.0.0", "has no document `airflow-4`"),
        ("airflow-3@3.3", "has no release 3.3;"),
        ("airflow-3", "must have the form DOCUMENT@VERSION"),
    ]
    for wanted, expected in rows:
        # The other document exists, but is not written either.
        code, _, output = earlier.task("spec", "update", "airflow-3-fab@3.9.0", wanted)
        assert code != 0 and expected in output, f"{wanted}: {output}"
        assert earlier.documents() == documents, wanted


def test_without_a_network_the_error_says_so(earlier):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    for arguments in [("spec", "list"), ("spec", "update")]:
        code, _, output = earlier.task(*arguments, **nowhere)
        assert code != 0 and "cannot reach the package index" in output, output
    assert earlier.succeed("diff"), "diff fails without a network"


def test_the_newest_release_is_listed(earlier):
    rows = earlier.succeed("spec", "list").splitlines()[1:]
    for name, row in zip(earlier.versions(), rows, strict=True):
        assert row.startswith(name), rows
        if name in THEN:
            assert f"cargo xtask spec update {name}@" in row, "newer releases are not proposed"
