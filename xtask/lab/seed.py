"""Fills the database of a stopped or running Airflow with users, straight through SQLite: 5,000 by the API would take minutes.

    python seed.py AIRFLOW_DB USERS [ROLES]

Users are `user00000` ..., e-mail `user00000@example.org`, role Viewer; every thousandth has Admin as well.
All have the password of `admin`, whose hash is copied. Runs again only add what is missing.
"""

import datetime
import sqlite3
import sys


def next_id(db, table):
    return db.execute(f"select coalesce(max(id), 0) + 1 from {table}").fetchone()[0]


def main(path, users, roles):
    db = sqlite3.connect(path, timeout=60)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
    with db:
        first = next_id(db, "ab_role")
        known = {name for (name,) in db.execute("select name from ab_role")}
        wanted = [f"role{i:05d}" for i in range(roles)]
        missing = [name for name in wanted if name not in known]
        db.executemany(
            "insert into ab_role (id, name) values (?, ?)",
            [(first + i, name) for i, name in enumerate(missing)],
        )

        role = dict(db.execute("select name, id from ab_role where name in ('Viewer', 'Admin')"))
        (password,) = db.execute("select password from ab_user where username = 'admin'").fetchone()
        known = {name for (name,) in db.execute("select username from ab_user")}
        user_id, link_id = next_id(db, "ab_user"), next_id(db, "ab_user_role")
        for i in range(users):
            name = f"user{i:05d}"
            if name in known:
                continue
            db.execute(
                "insert into ab_user (id, first_name, last_name, username, password, active, email,"
                " created_on, changed_on) values (?, ?, ?, ?, ?, 1, ?, ?, ?)",
                (user_id, "Given", f"Family {i}", name, password, f"{name}@example.org", now, now),
            )
            for held in ["Viewer"] + (["Admin"] if i % 1000 == 999 else []):
                db.execute(
                    "insert into ab_user_role (id, user_id, role_id) values (?, ?, ?)",
                    (link_id, user_id, role[held]),
                )
                link_id += 1
            user_id += 1
    print(f"{users} users, {roles} roles")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
