-- Format of the encrypted credentials: 2 if they are encrypted for their destination, NULL if an older version stored them.
ALTER TABLE accounts ADD COLUMN seal_format BIGINT;

-- Formats to which all credentials were converted. From then on, older formats are refused.
CREATE TABLE seal_formats (
    format BIGINT PRIMARY KEY,
    at     BIGINT NOT NULL
);
