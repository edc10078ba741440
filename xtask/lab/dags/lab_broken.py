"""File that imports a missing module, which Airflow reports as an import error."""

import no_such_module  # noqa: F401
