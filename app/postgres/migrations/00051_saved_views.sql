-- +goose Up
CREATE TYPE view_period AS ENUM ('days', 'yesterday', 'this_month', 'last_month', 'fixed');
CREATE TABLE saved_views (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id  bigint NOT NULL,
    account_id bigint NOT NULL,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    shared     boolean NOT NULL,
    query      text NOT NULL CHECK (length(query) <= 8000),
    period     view_period NOT NULL,
    days       smallint NOT NULL CHECK ((period = 'days') = (days > 0) AND days <= 400),
    created_at timestamptz NOT NULL,
    UNIQUE (account_id, name),
    FOREIGN KEY (member_id, account_id) REFERENCES accounts (member_id, id) ON DELETE CASCADE
);
CREATE INDEX saved_views_shared ON saved_views (member_id) WHERE shared;
COMMENT ON TABLE saved_views IS 'Searches of 信用卡交易專用查詢 under a name, an account''s own or shared within its member.';
COMMENT ON COLUMN saved_views.query IS 'The conditions as a query string, without the days unless they are fixed, and never with a card number.';
COMMENT ON COLUMN saved_views.period IS 'The days as of the day on which the view is opened: so many days until today, or a month.';

CREATE TABLE list_columns (
    account_id bigint PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    columns    text[] NOT NULL CHECK (cardinality(columns) BETWEEN 1 AND 40)
);
COMMENT ON TABLE list_columns IS 'Which columns of 信用卡交易專用查詢 an account wants to see, in its order. No row: the usual ones.';
