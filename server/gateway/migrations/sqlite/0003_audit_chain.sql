-- Entries of the audit log. Entries are only added, except that old ones are purged.
CREATE TABLE audit_entries (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Chain of one gateway process, and the number of the entry in it.
    chain           TEXT NOT NULL,
    sequence        BIGINT NOT NULL,
    -- 'intent', 'outcome', 'event' or 'checkpoint'.
    kind            TEXT NOT NULL,
    -- Intent and outcome of a call have the same id.
    call_id         TEXT,
    at              BIGINT NOT NULL,
    actor           TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    -- Name that the client gives itself.
    client          TEXT,
    action          TEXT NOT NULL,
    account_id      TEXT,
    server_id       TEXT,
    tool            TEXT,
    effect          TEXT,
    outcome         TEXT NOT NULL,
    duration_ms     BIGINT NOT NULL,
    upstream_status INTEGER,
    -- Ids of the objects that a call is about, as a JSON object.
    target          TEXT,
    -- Names of the changed fields, as a JSON array.
    fields          TEXT,
    -- Values before and after a change, as JSON.
    value_before    TEXT,
    value_after     TEXT,
    peer            TEXT,
    request_id      TEXT,
    trace_id        TEXT,
    -- What a checkpoint states about other chains, as JSON.
    statement       TEXT,
    -- Key that signed the hash.
    key_id          TEXT NOT NULL,
    -- SHA-256 of the entry and the hash of the previous entry in the chain.
    hash            BLOB NOT NULL,
    -- HMAC of the hash.
    signature       BLOB NOT NULL
);

-- Records of earlier versions are a chain of their own, which the gateway hashes at its first start.
INSERT INTO audit_entries (
    number, chain, sequence, kind, at, actor, actor_name, action, account_id, server_id, tool, effect, outcome,
    duration_ms, upstream_status, key_id, hash, signature
)
SELECT id, 'earlier', row_number() OVER (ORDER BY id), 'event', at, actor, actor_name, action, account_id, server_id, tool, effect, outcome,
    duration_ms, upstream_status, '', x'', x''
FROM audit ORDER BY id;

-- Gateways of earlier versions cannot write records outside of the chains.
DROP TABLE audit;

CREATE UNIQUE INDEX audit_entries_chain ON audit_entries (chain, sequence);
CREATE INDEX audit_entries_at ON audit_entries (at);
CREATE INDEX audit_entries_of_account ON audit_entries (account_id, number);
CREATE INDEX audit_entries_of_server ON audit_entries (server_id, number);
CREATE INDEX audit_entries_of_call ON audit_entries (call_id) WHERE call_id IS NOT NULL;

-- Chains of gateway processes.
CREATE TABLE audit_chains (
    chain        TEXT PRIMARY KEY,
    -- Number of the last entry that another chain states.
    stated       BIGINT NOT NULL,
    -- Time until which the process counts as running unless it extends the time.
    leased_until BIGINT NOT NULL,
    -- 1 if the intents without an outcome have been closed.
    closed       BIGINT NOT NULL
);
INSERT INTO audit_chains (chain, stated, leased_until, closed) SELECT 'earlier', 0, 0, 1 WHERE EXISTS (SELECT 1 FROM audit_entries);
