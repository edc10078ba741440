"""Runs several commands of Airflow's command line in one process, because each command spends most of its time on imports.

    python commands.py "db migrate" "dags reserialize"
"""

import sys

from airflow.__main__ import main

for command in sys.argv[1:]:
    sys.argv = ["airflow", *command.split()]
    main()
