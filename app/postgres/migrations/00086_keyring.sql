-- +goose Up
CREATE TABLE keyring_asks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place       text NOT NULL UNIQUE,
    mail_sealed bytea NOT NULL,
    asked_at    timestamptz NOT NULL
);
COMMENT ON TABLE keyring_asks IS
    'Addresses that asked for a link to their passkeys, known or not, until the sweep has looked: the answer takes as long for both.';
COMMENT ON COLUMN keyring_asks.place IS 'Binds mail_sealed to its row.';

CREATE TABLE keyring_links (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    mail_index bytea NOT NULL CHECK (octet_length(mail_index) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX keyring_links_mail ON keyring_links (mail_index);
CREATE INDEX keyring_links_expires ON keyring_links (expires_at);
COMMENT ON TABLE keyring_links IS
    'Mailed links to the passkeys of an address: whoever holds one may see and remove them until it expires.';
