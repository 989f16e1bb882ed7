-- +goose Up
ALTER TABLE stores ADD COLUMN auto_capture boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN stores.auto_capture IS
    '自動請款: what is authorised asks for its capture in the same database transaction. Off unless the member''s owner sets it.';
