-- +goose Up
ALTER TABLE stores
    ADD COLUMN passkey_lab boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT stores_lab_in_test_mode CHECK (NOT passkey_lab OR mode = 'test');
COMMENT ON COLUMN stores.passkey_lab IS
    'The lab''s cards play scenarios of the verification in the store. A store that goes live leaves the lab first.';

ALTER TABLE verifications
    ADD COLUMN lab text CHECK (lab IN (
        'bind', 'use', 'unsupported', 'cancel', 'timeout', 'new_device', 'wrong_otp', 'revoked')),
    ADD COLUMN lab_tries smallint NOT NULL DEFAULT 0,
    ADD CONSTRAINT verifications_lab_is_not_counted CHECK (lab IS NULL OR NOT eligible),
    ADD CONSTRAINT verifications_lab_card CHECK (card_id IS NULL OR (lab IS NULL) = (card_id > 0));
CREATE INDEX verifications_lab ON verifications (lab, created_at DESC) WHERE lab IS NOT NULL;
COMMENT ON COLUMN verifications.lab IS 'The scenario that is played in a test-mode store; NULL for a verification of a cardholder.';
COMMENT ON COLUMN verifications.lab_tries IS 'Wrong codes in the lab, where no code is sent.';
COMMENT ON COLUMN verifications.card_id IS
    'The card in the vault; NULL while it has none. Of the lab below zero: its cards are in no vault, and each store has its own.';
