-- +goose Up
CREATE TABLE one_time_codes (
    subject    text PRIMARY KEY CHECK (char_length(subject) BETWEEN 1 AND 64),
    code_hash  bytea CHECK (octet_length(code_hash) = 32),
    recipient  text NOT NULL DEFAULT '',
    tries      smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 3),
    sends      smallint NOT NULL DEFAULT 0 CHECK (sends BETWEEN 0 AND 3),
    sent_at    timestamptz NOT NULL DEFAULT '-infinity',
    expires_at timestamptz NOT NULL DEFAULT '-infinity',
    passed_at  timestamptz
);
CREATE INDEX one_time_codes_expires ON one_time_codes (expires_at);
COMMENT ON TABLE one_time_codes IS
    'One-time codes sent by SMS, one row for each subject (a verification). A further code replaces the one before; the limits are the ranges of tries and sends.';
COMMENT ON COLUMN one_time_codes.code_hash IS
    'HMAC of subject, number and code under a key that the field-encryption keyset derives. Null once there is nothing left to try.';
COMMENT ON COLUMN one_time_codes.recipient IS 'The phone, masked.';
COMMENT ON COLUMN one_time_codes.tries IS 'Wrong tries of the live code.';
