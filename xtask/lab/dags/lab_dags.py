"""DAGs of the end-to-end tests, for Airflow 2.7 to 3.3: a failure with its traceback, XComs with unusual values, mapped tasks, a long log, assets, unusual names."""

import datetime
import logging

try:
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.sdk import DAG, Asset, AssetAlias, Metadata, TaskGroup, task
except ImportError:
    from airflow.datasets import Dataset as Asset
    from airflow.decorators import task
    from airflow.models.dag import DAG
    from airflow.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.utils.task_group import TaskGroup

    # Airflow 2.10 has aliases, but only 3 lists them.
    AssetAlias = Metadata = None

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
LOG = logging.getLogger("lab")
ORDERS = Asset("s3://lab/orders/key one.csv")
RATES = Asset("s3://lab/rates.csv")


def dag(dag_id, schedule=None, tags=(), **settings):
    return DAG(dag_id, schedule=schedule, start_date=START, catchup=False, tags=["lab", *tags], **settings)


with dag("lab_failing", tags=["lab,with comma"], description="Fails in `transform`, also when tried again", doc_md="# Why it fails\n\nThe third row has no amount."):

    @task
    def extract():
        print("read 3 rows: žluťoučký 中文")
        return {"big": 2**63, "nothing": None, "nested": {"rows": [{"id": 1, "amounts": [1.5, -2]}, []]}, "long": "lorem ipsum " * 5000}

    def parse(row):
        try:
            return float(row["amount"])
        except KeyError as error:
            raise ValueError("row 3 has no amount") from error

    @task(retries=1, retry_delay=datetime.timedelta(seconds=1))
    def transform(rows):
        LOG.warning("amounts are parsed without a currency")
        return [parse(row) for row in ({"amount": "1"}, {"amount": "2"}, {})]

    @task
    def load(rows):
        return len(rows)

    @task
    def report(count):
        print(f"{count} rows")

    report(load(transform(extract())))

with dag("lab_mapped"):

    @task
    def square(number):
        print(f"{number} squared")
        return number * number

    @task
    def total(squares):
        return sum(squares)

    total(square.expand(number=list(range(8))))

with dag("lab_long_log"):

    @task
    def talk():
        for line in range(20_000):
            level = logging.ERROR if line % 5000 == 4999 else logging.WARNING if line % 500 == 499 else logging.INFO
            LOG.log(level, "row %05d of 20000 has been read from the source and was found in order", line)

    talk()

with dag("lab_producer"):

    @task(outlets=[ORDERS])
    def produce():
        return 1

    produce()

    if AssetAlias:

        @task(outlets=[AssetAlias("lab_alias")])
        def produce_by_alias():
            yield Metadata(Asset("s3://lab/by-alias.csv"), {"rows": 3}, alias=AssetAlias("lab_alias"))

        produce_by_alias()

with dag("lab_consumer", schedule=[ORDERS]):

    @task
    def consume():
        return 1

    consume()

# RATES is never updated, so the event of ORDERS stays queued.
with dag("lab_waits_for_two", schedule=[ORDERS, RATES]):

    @task
    def compare():
        return 1

    compare()

with dag("lab.dotted-id_é", params={"region": "eu", "days": 7}, max_active_runs=3, description="Odd in every way that Airflow allows"):

    @task(pool="lab_pool", priority_weight=7, pool_slots=2)
    def in_a_pool(params=None):
        print(params)

    with TaskGroup("group"):

        @task
        def first():
            return "first"

        @task
        def second(value):
            return value

        second(first())

    # Has an extra link to the run that it triggers.
    in_a_pool() >> TriggerDagRunOperator(task_id="trigger", trigger_dag_id="lab_waits_for_two")

# Stays paused: for backfills, and a task that can never run gives a warning.
with dag("lab_daily", schedule="@daily"):

    @task(pool="no_such_pool")
    def never():
        return 1

    @task
    def daily(logical_date=None):
        print(logical_date)

    never() >> daily()
