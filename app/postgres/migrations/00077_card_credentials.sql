-- +goose Up
CREATE TABLE card_handles (
    card_id bigint PRIMARY KEY,
    handle  bytea NOT NULL UNIQUE CHECK (octet_length(handle) = 32)
);
COMMENT ON TABLE card_handles IS
    'The user handle by which authenticators know a card from its first passkey on: random, so that it tells nothing.';

CREATE TYPE credential_distrust AS ENUM ('', 'cloned', 'backup_flag');
CREATE TYPE credential_revoker AS ENUM ('cardholder', 'support', 'network');
CREATE TABLE card_credentials (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_id            bigint NOT NULL REFERENCES card_handles (card_id),
    rp_id              text NOT NULL,
    place              smallint NOT NULL CHECK (place BETWEEN 1 AND 20),
    handle             bytea NOT NULL CHECK (octet_length(handle) = 32),
    credential_id      bytea NOT NULL CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key         bytea NOT NULL,
    flags              smallint NOT NULL CHECK (flags BETWEEN 0 AND 255),
    sign_count         bigint NOT NULL CHECK (sign_count BETWEEN 0 AND 4294967295),
    aaguid             bytea NOT NULL,
    transports         text[] NOT NULL,
    attachment         text NOT NULL,
    attestation_type   text NOT NULL,
    attestation_format text NOT NULL,
    discoverable       boolean NOT NULL,
    client_data        bytea NOT NULL,
    attestation        bytea NOT NULL,
    transaction_id     bigint REFERENCES transactions (id),
    browser            text NOT NULL CHECK (char_length(browser) <= 100),
    created_at         timestamptz NOT NULL,
    last_used_at       timestamptz,
    distrust           credential_distrust NOT NULL DEFAULT '',
    revoked_at         timestamptz,
    revoked_by         credential_revoker,
    revoked_reason     text CHECK (char_length(revoked_reason) BETWEEN 1 AND 200),
    CONSTRAINT card_credentials_credential UNIQUE (rp_id, credential_id),
    CHECK (num_nulls(revoked_at, revoked_by, revoked_reason) IN (0, 3))
);
-- Of those not revoked, each of a card has a place of its own: the range is the limit.
CREATE UNIQUE INDEX card_credentials_place ON card_credentials (card_id, rp_id, place) WHERE revoked_at IS NULL;
CREATE INDEX card_credentials_card ON card_credentials (card_id, rp_id, created_at DESC, id DESC);
CREATE INDEX card_credentials_transaction ON card_credentials (transaction_id) WHERE transaction_id IS NOT NULL;
COMMENT ON TABLE card_credentials IS
    'The passkeys that are bound to cards: WebAuthn credential records, revoked ones too. A credential is registered once, whichever card has it.';
COMMENT ON COLUMN card_credentials.handle IS
    'The user handle that the passkey was made with. It is the card''s, but for a card that was bound twice before it had one.';
COMMENT ON COLUMN card_credentials.flags IS 'The flags octet of the authenticator data at the last use: 1 present, 4 verified, 8 may be backed up, 16 is backed up.';
COMMENT ON COLUMN card_credentials.client_data IS 'What the browser said when the passkey was made; with attestation the record of the binding.';
COMMENT ON COLUMN card_credentials.distrust IS 'Why the passkey is asked for no more though nobody revoked it.';
