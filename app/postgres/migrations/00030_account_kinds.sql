-- A value cannot be used in the transaction that adds it: the next migration does.
-- +goose Up
ALTER TYPE account_kind ADD VALUE 'staff';
ALTER TYPE account_status ADD VALUE 'removed';
