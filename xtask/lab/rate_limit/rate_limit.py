"""Airflow 3 plugin: makes a real api-server respond with 429, which Airflow 3 itself never does.

RATE_LIMIT requests are answered in each window of RATE_LIMIT_WINDOW seconds, counted over all clients, on the REST paths only.
The headers are those of the IETF draft up to revision 06: a limit, a remainder and the seconds until the window ends.
"""

import math
import os
import time

from airflow.plugins_manager import AirflowPlugin
from starlette.responses import JSONResponse


class RateLimit:
    def __init__(self, app):
        self.app = app
        self.limit = int(os.environ.get("RATE_LIMIT", "1000000"))
        self.window = float(os.environ.get("RATE_LIMIT_WINDOW", "60"))
        self.ends, self.used = 0.0, 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith(("/api/v2/", "/auth/fab/")):
            return await self.app(scope, receive, send)
        if scope["path"] == "/api/v2/version":
            return await self.app(scope, receive, send)
        now = time.monotonic()
        if now >= self.ends:
            self.ends, self.used = now + self.window, 0
        self.used += 1
        reset = str(math.ceil(self.ends - now))
        headers = {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(0, self.limit - self.used)),
            "ratelimit-reset": reset,
        }
        if self.used > self.limit:
            answer = JSONResponse({"detail": "Too Many Requests"}, 429, {**headers, "retry-after": reset})
            return await answer(scope, receive, send)

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in headers.items()]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        return await self.app(scope, receive, send_with_headers)


class RateLimitPlugin(AirflowPlugin):
    name = "rate_limit"
    fastapi_root_middlewares = [{"middleware": RateLimit, "args": [], "kwargs": {}, "name": "rate_limit"}]
