-- Servers of earlier versions offer the same tools as before. A server that names neither methods nor tools now reads only, and tools with the tag `secrets` must be selected. The tools that only list the names of secrets have the tag `secret_names` instead.
UPDATE servers SET config = replace(config, '"methods":[]', '"methods":["read","write"]')
    WHERE config LIKE '{"methods":[],%' AND config LIKE '%,"tools":[],%';
UPDATE servers SET config = replace(config, '"secrets"', '"secrets","secret_names"')
    WHERE config LIKE '%"tags":[%"secrets"%],"tools":[%';
UPDATE servers SET config = '{"include_secrets":true,' || substr(config, 2);

-- Bounds of the servers that an API token of the role issuer can create, as JSON.
ALTER TABLE api_tokens ADD COLUMN bounds TEXT;

-- Declarations of configuration files that were applied. A declaration is applied again only if its hash differs.
CREATE TABLE declarations (
    -- Name of the account.
    account   TEXT NOT NULL,
    -- Name of the server; empty for the declaration of the account itself.
    server    TEXT NOT NULL,
    -- SHA-256 of the declaration without secrets.
    hash      BLOB NOT NULL,
    -- Server to which the declaration was applied, while a file declares it.
    server_id TEXT,
    PRIMARY KEY (account, server)
);

-- SHA-256 of the server tokens that were revoked, replaced or have expired. They never become valid again, whatever a configuration file declares.
CREATE TABLE revoked_tokens (
    token_hash BLOB PRIMARY KEY
);
CREATE TRIGGER servers_deleted AFTER DELETE ON servers
BEGIN
    INSERT INTO revoked_tokens (token_hash) VALUES (OLD.token_hash) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER servers_rotated AFTER UPDATE OF token_hash ON servers WHEN OLD.token_hash <> NEW.token_hash
BEGIN
    INSERT INTO revoked_tokens (token_hash) VALUES (OLD.token_hash) ON CONFLICT DO NOTHING;
END;
