-- +goose Up
CREATE TYPE cardholder_ritual AS ENUM ('registration', 'payment');
CREATE TABLE cardholder_ceremonies (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    ritual     cardholder_ritual NOT NULL,
    subject    bigint NOT NULL,
    card_id    bigint,
    session    bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (ritual = 'registration' OR card_id IS NOT NULL)
);
CREATE INDEX cardholder_ceremonies_expires ON cardholder_ceremonies (expires_at);
COMMENT ON TABLE cardholder_ceremonies IS
    'Challenges of cardholders that wait for their one answer, by the SHA-256 of the token that the browser holds. An answer deletes its row.';
COMMENT ON COLUMN cardholder_ceremonies.subject IS 'The verification that the ceremony belongs to.';
COMMENT ON COLUMN cardholder_ceremonies.session IS
    'Of a payment the frozen request, whose SHA-256 is the challenge: the very bytes. Of a registration what the WebAuthn library needs, as it wrote it.';
