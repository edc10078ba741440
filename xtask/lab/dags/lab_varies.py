"""A DAG that is another one each time it is read, which Airflow 3 warns of."""

import datetime

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow.models.dag import DAG

with DAG("lab_varies", start_date=datetime.datetime.now(datetime.timezone.utc), schedule=None, tags=["lab"]):
    pass
