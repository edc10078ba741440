-- Times are microseconds since 1970 in UTC.
CREATE TABLE accounts (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    base_url       TEXT NOT NULL,
    api            TEXT,
    ca_certificate TEXT,
    -- Credentials and added headers, encrypted with the key of this id.
    key_id         TEXT NOT NULL,
    secrets        BYTEA NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    created_by     TEXT NOT NULL
);
CREATE INDEX accounts_newest ON accounts (created_at, id);

CREATE TABLE servers (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    config     TEXT NOT NULL,
    -- SHA-256 of the token in its URL.
    token_hash BYTEA NOT NULL UNIQUE,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX servers_newest ON servers (created_at, id);
CREATE INDEX servers_of_account ON servers (account_id, created_at, id);
CREATE INDEX servers_expiring ON servers (expires_at);

CREATE TABLE api_tokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX api_tokens_newest ON api_tokens (created_at, id);

CREATE TABLE audit (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              BIGINT NOT NULL,
    actor           TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    action          TEXT NOT NULL,
    account_id      TEXT,
    server_id       TEXT,
    tool            TEXT,
    effect          TEXT,
    outcome         TEXT NOT NULL,
    duration_ms     BIGINT NOT NULL,
    upstream_status INTEGER
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_of_account ON audit (account_id, id);
CREATE INDEX audit_of_server ON audit (server_id, id);
