"""A file that should hold a DAG, and that Airflow reports as an import error."""

import no_such_module  # noqa: F401
