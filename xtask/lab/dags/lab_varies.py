"""DAG that differs each time its file is parsed; Airflow 3 warns about such DAGs."""

import datetime

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow.models.dag import DAG

with DAG("lab_varies", start_date=datetime.datetime.now(datetime.timezone.utc), schedule=None, tags=["lab"]):
    pass
