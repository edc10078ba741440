"""`webserver_config.py` with which Airflow 2 returns 429. Flask-Limiter counts per endpoint and reports X-RateLimit-* headers, with the reset in epoch seconds."""

import os

from flask_appbuilder.const import AUTH_DB

AUTH_TYPE = AUTH_DB
WTF_CSRF_ENABLED = True
RATELIMIT_ENABLED = True
RATELIMIT_HEADERS_ENABLED = True
RATELIMIT_DEFAULT = f"{os.environ.get('RATE_LIMIT', '1000000')} per {os.environ.get('RATE_LIMIT_WINDOW', '60')} second"
RATELIMIT_STORAGE_URI = "memory://"
