-- +goose Up
CREATE TABLE notices (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id bigint NOT NULL REFERENCES members (id),
    store_id  bigint,
    title     text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    text      text NOT NULL CHECK (length(text) <= 4000),
    href      text NOT NULL CHECK (href = '' OR href ~ '^/[^/\\]' AND length(href) <= 300),
    at        timestamptz NOT NULL,
    FOREIGN KEY (member_id, store_id) REFERENCES stores (member_id, id)
);
CREATE INDEX notices_member ON notices (member_id, id DESC);
COMMENT ON TABLE notices IS
    'What a member''s accounts are told on their pages, written with the change that it tells of.';
COMMENT ON COLUMN notices.store_id IS 'Who manages the store sees it; NULL for the member as a whole, which its owner sees.';
COMMENT ON COLUMN notices.href IS 'A path of the site where to go on.';

CREATE TABLE notice_reads (
    notice_id  bigint NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    read_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, notice_id)
);
CREATE INDEX notice_reads_notice ON notice_reads (notice_id);
COMMENT ON TABLE notice_reads IS 'When an account read a notice; no row before.';
