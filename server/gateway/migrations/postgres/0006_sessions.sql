-- Sessions of the admin page that ended because their visitors signed out: SHA-256 of what tells them apart. The cookie of such a session is rejected.
CREATE TABLE ended_sessions (
    hash    BYTEA PRIMARY KEY,
    ends_at BIGINT NOT NULL
);
CREATE INDEX ended_sessions_ends_at ON ended_sessions (ends_at);
