"""Plugin for the list of plugins."""

from airflow.plugins_manager import AirflowPlugin


class LabPlugin(AirflowPlugin):
    name = "lab"
