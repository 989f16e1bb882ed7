-- +goose Up
ALTER TABLE stores ADD COLUMN payee_origins text[] NOT NULL DEFAULT '{}'
    CHECK (array_to_string(payee_origins, ' ') ~
        '^((https://[a-z0-9.:-]+|http://localhost(:[0-9]+)?)( (https://[a-z0-9.:-]+|http://localhost(:[0-9]+)?))*)?$');
COMMENT ON COLUMN stores.payee_origins IS
    'The origins of the store''s own pages, the payee''s first: they may call Secure Payment Confirmation and frame the relying party.';
