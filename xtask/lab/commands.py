"""Runs several commands of Airflow's command line in one process: most of the time of each goes into imports.

    python commands.py "db migrate" "dags reserialize"
"""

import sys

from airflow.__main__ import main

for command in sys.argv[1:]:
    sys.argv = ["airflow", *command.split()]
    main()
