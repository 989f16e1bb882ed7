-- +goose Up
-- Token payments are too many, with a store or an amount beside, to look at each row: wide keys for them too. An
-- index of the payments verified by phone, two in five, only drew the planner away from the wide one.
DROP INDEX transactions_phone, transactions_token;
CREATE INDEX transactions_token ON transactions (
    member_id, created_at, id, store_id, status, amount, pay_type,
    verification, three_d, token_bind, token_charge, settled) WHERE token_bind OR token_charge;
