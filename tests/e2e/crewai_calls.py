"""Calls tools through CrewAI's MCP adapter. Runs with the Python of E2E_CREWAI_PYTHON, not under pytest.

Argument: a JSON file {"command", "args", "env", "calls": [[tool, arguments], ...]}. The script adds the member "results" with the text that each call returned.
"""

import json
import pathlib
import sys

from crewai_tools import MCPServerAdapter
from mcp import StdioServerParameters


def main():
    path = pathlib.Path(sys.argv[1])
    task = json.loads(path.read_text())
    server = StdioServerParameters(command=task["command"], args=task["args"], env=task["env"])
    with MCPServerAdapter(server, connect_timeout=60) as tools:
        task["results"] = [tools[tool].run(**arguments) for tool, arguments in task["calls"]]
    path.write_text(json.dumps(task))


main()
