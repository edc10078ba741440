"""Tasks that wait for a person, which Airflow supports since 3.1: one is answered while the lab is set up, two remain unanswered."""

import datetime

try:
    from airflow.providers.standard.operators.hitl import HITLOperator
    from airflow.sdk import DAG
except (ImportError, RuntimeError):
    # Airflow 2 has no such provider; with 3.0 the provider refuses.
    HITLOperator = None

if HITLOperator:
    with DAG(
        "lab_approval",
        description="Asks a person whether to publish",
        start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
        schedule=None,
        tags=["lab"],
    ):
        for name in ["answered", "publish", "archive"]:
            HITLOperator(
                task_id=name,
                subject=f"{name.capitalize()} the report?",
                body="Revenue is **12 %** below last week.",
                options=["Approve", "Reject"],
                defaults="Approve",
                params={"comment": "none"},
            )
