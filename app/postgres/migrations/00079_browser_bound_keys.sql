-- +goose Up
CREATE TABLE browser_bound_keys (
    credential_id bigint NOT NULL REFERENCES card_credentials (id) ON DELETE CASCADE,
    public_key    bytea NOT NULL CHECK (octet_length(public_key) BETWEEN 1 AND 1024),
    subject       bigint,
    seen_at       timestamptz NOT NULL,
    trusted_at    timestamptz,
    PRIMARY KEY (credential_id, public_key)
);
CREATE INDEX browser_bound_keys_subject ON browser_bound_keys (subject) WHERE trusted_at IS NULL;
COMMENT ON TABLE browser_bound_keys IS
    'The keys that browsers sign payments with beside a passkey: they never leave the device, so that a new one is a new device.';
COMMENT ON COLUMN browser_bound_keys.subject IS 'The verification that it was last seen in without being trusted; a good one-time code there makes it trusted.';
