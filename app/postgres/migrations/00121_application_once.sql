-- +goose Up
ALTER TABLE applications ADD COLUMN form_hash bytea UNIQUE CHECK (length(form_hash) = 32);
COMMENT ON COLUMN applications.form_hash IS 'SHA-256 of the form that was handed out and of what was typed into it: sent twice, it makes one application. NULL where no form was handed out.';
