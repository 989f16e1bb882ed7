-- +goose Up
CREATE TABLE passkey_holders (
    account_id bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    handle     bytea NOT NULL UNIQUE CHECK (octet_length(handle) = 32)
);
COMMENT ON TABLE passkey_holders IS
    'The user handle by which authenticators know an account: random, so that it tells nothing, and never changed, because passkeys carry it.';

CREATE TABLE passkeys (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id         bigint NOT NULL REFERENCES passkey_holders (account_id) ON DELETE CASCADE,
    place              smallint NOT NULL CHECK (place BETWEEN 1 AND 20),
    name               text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    credential_id      bytea NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key         bytea NOT NULL,
    flags              smallint NOT NULL CHECK (flags BETWEEN 0 AND 255),
    sign_count         bigint NOT NULL CHECK (sign_count BETWEEN 0 AND 4294967295),
    cloned             boolean NOT NULL DEFAULT false,
    aaguid             bytea NOT NULL,
    transports         text[] NOT NULL,
    attachment         text NOT NULL,
    attestation_type   text NOT NULL,
    attestation_format text NOT NULL,
    created_at         timestamptz NOT NULL,
    last_used_at       timestamptz,
    UNIQUE (account_id, place)
);
COMMENT ON TABLE passkeys IS
    'The passkeys of accounts: WebAuthn credential records. A credential is registered once, whoever holds it.';
COMMENT ON COLUMN passkeys.place IS 'One of the holder''s twenty places: the range and the unique key are the limit.';
COMMENT ON COLUMN passkeys.flags IS 'The flags octet of the authenticator data at the last use: 1 present, 4 verified, 8 may be backed up (never changes), 16 is backed up.';
COMMENT ON COLUMN passkeys.cloned IS 'A signature counter went backwards: there may be a copy, so the passkey is refused until it is removed.';

CREATE TYPE passkey_ritual AS ENUM ('registration', 'sign_in', 'proof');
CREATE TABLE passkey_ceremonies (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    ritual     passkey_ritual NOT NULL,
    account_id bigint REFERENCES accounts (id) ON DELETE CASCADE,
    session    json NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK ((ritual = 'sign_in') = (account_id IS NULL))
);
CREATE INDEX passkey_ceremonies_expires ON passkey_ceremonies (expires_at);
COMMENT ON TABLE passkey_ceremonies IS
    'Challenges that wait for their one answer, by the SHA-256 of the token that the browser holds. An answer deletes its row.';
COMMENT ON COLUMN passkey_ceremonies.session IS 'What the WebAuthn library needs to check the answer, as it wrote it.';
