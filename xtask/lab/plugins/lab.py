"""A plugin, so that there is one to list."""

from airflow.plugins_manager import AirflowPlugin


class LabPlugin(AirflowPlugin):
    name = "lab"
