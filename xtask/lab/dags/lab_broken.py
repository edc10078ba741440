"""DAG file that imports a missing module, which Airflow reports as an import error. Airflow parses only files that contain the words `dag` and `airflow`."""

import no_such_module  # noqa: F401
