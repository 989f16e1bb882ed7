-- +goose Up
ALTER TABLE members ADD COLUMN approval_from bigint CHECK (approval_from > 0);
COMMENT ON COLUMN members.approval_from IS
    'The amount from which 取消授權, 請款 and 退款 on the pages need a second person; NULL for none. The wire API is not bound by it.';

CREATE TYPE approval_action AS ENUM ('void', 'capture', 'refund');
CREATE TYPE approval_state AS ENUM ('waiting', 'approved', 'refused', 'withdrawn', 'expired');
CREATE TABLE payment_approvals (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    member_id      bigint NOT NULL,
    store_id       bigint NOT NULL,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    action         approval_action NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    request_id     text NOT NULL UNIQUE CHECK (request_id ~ '^[A-Z0-9]{1,32}$'),
    maker_id       bigint NOT NULL,
    made_at        timestamptz NOT NULL,
    until          timestamptz NOT NULL,
    state          approval_state NOT NULL DEFAULT 'waiting',
    checker_id     bigint,
    decided_at     timestamptz,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    FOREIGN KEY (member_id, store_id) REFERENCES stores (member_id, id),
    FOREIGN KEY (member_id, maker_id) REFERENCES accounts (member_id, id),
    FOREIGN KEY (member_id, checker_id) REFERENCES accounts (member_id, id),
    CHECK (checker_id <> maker_id),
    CHECK ((checker_id IS NOT NULL) = (state IN ('approved', 'refused'))),
    CHECK ((decided_at IS NOT NULL) = (state <> 'waiting')),
    CHECK ((reason <> '') = (state = 'refused'))
);
CREATE UNIQUE INDEX payment_approvals_one_waiting ON payment_approvals (transaction_id) WHERE state = 'waiting';
CREATE INDEX payment_approvals_inbox ON payment_approvals (member_id, made_at, id) WHERE state = 'waiting';
CREATE INDEX payment_approvals_due ON payment_approvals (until) WHERE state = 'waiting';
CREATE INDEX payment_approvals_decided ON payment_approvals (member_id, decided_at DESC, id DESC)
    WHERE state <> 'waiting';
COMMENT ON TABLE payment_approvals IS
    'What one person of a member asked for and another has to approve (覆核). An approved row and its operation were written in one database transaction.';
COMMENT ON COLUMN payment_approvals.request_id IS
    'The idempotency key of the form that asked, and of the operation that the approval leads to.';
COMMENT ON COLUMN payment_approvals.until IS 'The deadline of the action as it was when the request was made.';
COMMENT ON COLUMN payment_approvals.checker_id IS 'Who approved or refused, never the maker.';
