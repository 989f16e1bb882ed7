-- +goose Up
CREATE TYPE verification_state AS ENUM (
    'choosing', 'otp', 'offering', 'binding', 'passkey', 'verified', 'failed', 'left', 'expired', 'refused');
CREATE TYPE passkey_fall_back AS ENUM (
    'unsupported', 'no_credential', 'chose_otp', 'cancelled', 'timed_out', 'failed', 'opted_out');

CREATE TABLE verifications (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    state          verification_state NOT NULL,
    route          verification NOT NULL CHECK (route <> 'none'),
    bind           boolean NOT NULL,
    reason         text NOT NULL,
    eligible       boolean NOT NULL,
    brand          card_brand NOT NULL,
    card_last4     text NOT NULL CHECK (card_last4 ~ '^[0-9]{4}$'),
    card_id        bigint,
    browser        text NOT NULL DEFAULT '',
    webauthn       boolean NOT NULL,
    uvpa           boolean NOT NULL,
    spc            text NOT NULL DEFAULT '',
    fell_back      passkey_fall_back,
    created_at     timestamptz NOT NULL,
    asked_at       timestamptz,
    chosen_at      timestamptz,
    otp_passed_at  timestamptz,
    bound_at       timestamptz,
    used_at        timestamptz,
    fell_back_at   timestamptz,
    ended_at       timestamptz,
    expires_at     timestamptz NOT NULL,
    seal_key       text NOT NULL UNIQUE,
    sealed         bytea,
    ref_hash       bytea UNIQUE CHECK (octet_length(ref_hash) = 32),
    answer_hash    bytea CHECK (octet_length(answer_hash) = 32),
    verified_by    verification CHECK (verified_by <> 'none'),
    attempt_id     bigint REFERENCES attempts (id),
    CHECK ((state IN ('verified', 'failed', 'left', 'expired', 'refused')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (sealed IS NOT NULL)),
    CHECK ((state = 'verified') = (verified_by IS NOT NULL)),
    CHECK (attempt_id IS NULL OR state = 'verified'),
    CHECK ((fell_back IS NULL) = (fell_back_at IS NULL))
);
CREATE UNIQUE INDEX verifications_one_live ON verifications (transaction_id) WHERE ended_at IS NULL;
CREATE INDEX verifications_due ON verifications (expires_at) WHERE ended_at IS NULL;
CREATE INDEX verifications_story ON verifications (transaction_id, id);
CREATE INDEX verifications_funnel ON verifications (created_at) WHERE eligible;
COMMENT ON TABLE verifications IS
    'Each verification of a cardholder for a transaction, and how far it came: eligible, asked_at, bound_at, used_at, fell_back are the funnel.';
COMMENT ON COLUMN verifications.eligible IS 'Passkey applied to the payment, whether or not device, phone and card let it happen.';
COMMENT ON COLUMN verifications.bind IS 'A Passkey may be made after a good code.';
COMMENT ON COLUMN verifications.card_id IS 'The card in the vault; NULL while it has none.';
COMMENT ON COLUMN verifications.sealed IS 'Card number, code and cardholder between form and authorisation, and the phone that the issuer holds, encrypted; NULL as soon as the verification has ended.';
COMMENT ON COLUMN verifications.seal_key IS 'Binds sealed to its row.';
COMMENT ON COLUMN verifications.ref_hash IS 'SHA-256 of the address part on the relying party''s origin.';
COMMENT ON COLUMN verifications.answer_hash IS 'SHA-256 of the token of the ceremony that was answered last: the same answer again changes nothing.';
COMMENT ON COLUMN verifications.verified_by IS 'What the payment was verified by in the end.';
