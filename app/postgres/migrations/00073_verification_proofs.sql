-- +goose Up
CREATE TABLE verification_proofs (
    verification_id bigint PRIMARY KEY REFERENCES verifications (id),
    transaction_id  bigint NOT NULL REFERENCES transactions (id),
    credential_id   bigint NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('spc', 'webauthn')),
    evidence        json NOT NULL,
    synced          boolean NOT NULL,
    browser_bound   boolean NOT NULL,
    at              timestamptz NOT NULL
);
CREATE INDEX verification_proofs_transaction ON verification_proofs (transaction_id);
COMMENT ON TABLE verification_proofs IS
    'What proves that a cardholder confirmed a payment with a Passkey. Append-only.';
COMMENT ON COLUMN verification_proofs.evidence IS 'Client data, authenticator data, signature, public key and the request that was frozen and shown, as the relying party wrote it. json, not jsonb: not a byte of it may change.';
COMMENT ON COLUMN verification_proofs.synced IS 'The passkey is backed up: it may be on several devices.';
COMMENT ON COLUMN verification_proofs.browser_bound IS 'A key that never leaves the browser has signed as well.';
CREATE TRIGGER verification_proofs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verification_proofs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
