"""Tests of the GitHub workflows of this repository: actionlint reports nothing, and actions are pinned to commits."""

import json
import pathlib
import re
import subprocess

from conftest import setting

WORKFLOWS = sorted((pathlib.Path(__file__).parents[2] / ".github/workflows").glob("*.yml"))
LINT = """
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const [modules, ...files] = process.argv.slice(1);
const main = createRequire(modules + "/").resolve("actionlint");
const { createLinter } = (await import(pathToFileURL(main))).default;
const lint = await createLinter();
console.log(JSON.stringify(files.flatMap((file) => lint(readFileSync(file, "utf8"), file))));
"""


def lint(*files):
    modules = pathlib.Path(setting("E2E_INSPECTOR")).parents[1]
    command = [setting("E2E_NODE"), "--input-type=module", "--eval", LINT, "--", str(modules), *map(str, files)]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_workflows_are_sound(tmp_path):
    assert [file.stem for file in WORKFLOWS] == ["audit", "ci", "specs"]
    assert lint(*WORKFLOWS) == []
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[1].read_text().replace("github.ref", "github.reff"))
    assert len(lint(broken)) == 1, "actionlint does not report an invalid workflow"


def test_actions_are_pinned_to_commits():
    for file in WORKFLOWS:
        uses = re.findall(r"uses: (\S+)", file.read_text())
        assert uses and all(re.fullmatch(r"actions/\w+@[0-9a-f]{40}", action) for action in uses), uses
        assert re.search(r"^permissions:", file.read_text(), re.M), "the workflow does not limit its permissions"
