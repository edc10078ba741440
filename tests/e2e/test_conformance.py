"""Runs the official conformance suite against a URL of the gateway.

The binary has the fixtures that apply to a server with tools (`server/mcp/src/fixtures.rs`). `conformance/*.yaml` lists the excluded scenarios with reasons. A listed scenario that passes fails this test, so the lists can only shrink.
"""

import pathlib
import subprocess

import pytest
from conftest import Airflow, setting
from gateway import Gateway

LISTS = pathlib.Path(__file__).parent / "conformance"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conformance")
    with Gateway(folder, binary=setting("E2E_CONFORMANCE_BINARY")) as gateway:
        yield gateway.server(gateway.account(Airflow(3).url))["url"]


def conformance(url, folder, *arguments):
    command = [setting("E2E_NODE"), setting("E2E_CONFORMANCE"), "server", "--url", url, "-o", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder)
    assert done.returncode == 0, done.stdout[done.stdout.find("=== SUMMARY") :] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_the_requirements_of_a_revision(url, tmp_path, revision):
    left_out = LISTS / f"{revision}.yaml"
    report = conformance(url, tmp_path, "--requirements", revision, "--expected-failures", str(left_out))
    assert "tools-list" in report


@pytest.mark.parametrize("scenario", ["http-header-validation", "http-custom-header-server-validation", "json-schema-2020-12"])
def test_scenarios_that_the_suite_does_not_score_yet(url, tmp_path, scenario):
    conformance(url, tmp_path, "--scenario", scenario, "--spec-version", "2026-07-28")
