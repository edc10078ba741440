-- Forms of the admin page that were sent and must not be sent again: SHA-256 of what tells them apart.
CREATE TABLE forms (
    hash BLOB PRIMARY KEY,
    at   BIGINT NOT NULL
);
CREATE INDEX forms_at ON forms (at);
