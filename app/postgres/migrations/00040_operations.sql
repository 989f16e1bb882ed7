-- +goose Up
CREATE TYPE operation_kind AS ENUM ('void', 'capture', 'refund');
CREATE TYPE operation_state AS ENUM ('requested', 'sent', 'done', 'undone', 'refused');
CREATE TYPE batch_state AS ENUM ('collecting', 'sealed', 'sent', 'answered');

CREATE TABLE close_batches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id  text NOT NULL UNIQUE CHECK (request_id ~ '^[A-Z0-9]{1,32}$'),
    day         date NOT NULL,
    state       batch_state NOT NULL,
    created_at  timestamptz NOT NULL,
    sent_at     timestamptz,
    answered_at timestamptz,
    tries       integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    CHECK ((state IN ('sent', 'answered')) = (sent_at IS NOT NULL)),
    CHECK ((state = 'answered') = (answered_at IS NOT NULL))
);
CREATE INDEX close_batches_open ON close_batches (state, id) WHERE state <> 'answered';
CREATE INDEX close_batches_awaited ON close_batches (next_try_at) WHERE state = 'sent';
COMMENT ON TABLE close_batches IS 'What the 21:00 close hands to the acquirer at once. Only a collecting batch takes operations; from sealed on its content is fixed, so that it may be sent again.';
COMMENT ON COLUMN close_batches.request_id IS 'The acquirer''s idempotency key.';
COMMENT ON COLUMN close_batches.day IS 'The day of the close, in Taipei.';
COMMENT ON COLUMN close_batches.next_try_at IS 'When the sweep sends the batch, or asks for its answers, again.';

CREATE TABLE payment_operations (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id bigint NOT NULL REFERENCES transactions (id),
    kind           operation_kind NOT NULL,
    state          operation_state NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    request_id     text NOT NULL UNIQUE CHECK (request_id ~ '^[A-Z0-9]{1,32}$'),
    undo_id        text UNIQUE CHECK (undo_id ~ '^[A-Z0-9]{1,32}$'),
    actor          text NOT NULL,
    requested_at   timestamptz NOT NULL,
    close_day      date,
    sent_at        timestamptz,
    ended_at       timestamptz,
    respond_code   text NOT NULL DEFAULT '',
    batch_id       bigint REFERENCES close_batches (id),
    tries          integer NOT NULL DEFAULT 0,
    next_try_at    timestamptz,
    CHECK ((kind = 'void') = (close_day IS NULL)),
    CHECK ((state IN ('done', 'undone', 'refused')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'sent' OR sent_at IS NOT NULL),
    CHECK (undo_id IS NULL OR state = 'undone')
);
CREATE INDEX payment_operations_story ON payment_operations (transaction_id, id);
CREATE UNIQUE INDEX payment_operations_one_open ON payment_operations (transaction_id, kind)
    WHERE state IN ('requested', 'sent');
CREATE UNIQUE INDEX payment_operations_one_standing ON payment_operations (transaction_id)
    WHERE kind IN ('void', 'capture') AND state IN ('requested', 'sent', 'done');
CREATE INDEX payment_operations_due ON payment_operations (close_day, id) WHERE state = 'requested' AND kind <> 'void';
CREATE INDEX payment_operations_voids ON payment_operations (next_try_at) WHERE state = 'requested' AND kind = 'void';
CREATE INDEX payment_operations_batch ON payment_operations (batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX payment_operations_unbatched ON payment_operations (id) WHERE state = 'sent' AND batch_id IS NULL;
COMMENT ON TABLE payment_operations IS 'Each void, capture or refund of an authorised transaction. captured_amount and refunded_amount of transactions count those that are requested, sent or done.';
COMMENT ON COLUMN payment_operations.request_id IS 'The idempotency key of whoever asked, and of the line in the acquirer''s batch.';
COMMENT ON COLUMN payment_operations.undo_id IS 'The idempotency key of the undo.';
COMMENT ON COLUMN payment_operations.actor IS '''merchant'' for the wire API, ''system'', or an account''s login.';
COMMENT ON COLUMN payment_operations.close_day IS 'The day whose 21:00 close takes it or took it, in Taipei; NULL for a void.';
COMMENT ON COLUMN payment_operations.respond_code IS 'Of the bank, for what is done or refused.';
COMMENT ON COLUMN payment_operations.next_try_at IS 'Of a void without an answer: when the acquirer is asked again.';
COMMENT ON INDEX payment_operations_one_standing IS 'A transaction is captured once or voided once, never both.';

CREATE TABLE payouts (
    transaction_id bigint PRIMARY KEY REFERENCES transactions (id),
    due            date NOT NULL
);
CREATE INDEX payouts_due ON payouts (due, transaction_id);
COMMENT ON TABLE payouts IS 'Captures that the platform has yet to pay out to the store. A row goes when settled_at of its transaction is set, or when nothing is left to pay.';
COMMENT ON COLUMN payouts.due IS 'The earliest day of the payout, in Taipei.';

-- What is open already, as far as the history tells. Operations of what is over are not made up.
WITH standing AS (
    SELECT t.id, t.trade_no, t.status, t.captured_at, t.captured_amount,
        c.at AS captured_from, c.actor AS capturer, cs.at AS capture_sent_at,
        r.at AS refunded_from, r.actor AS refunder, r.amount AS refund, rs.at AS refund_sent_at
    FROM transactions t
    LEFT JOIN LATERAL (SELECT at, actor FROM payment_events e WHERE e.transaction_id = t.id
        AND kind = 'capture_requested' ORDER BY id DESC LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT at FROM payment_events e WHERE e.transaction_id = t.id
        AND kind = 'capture_sent' ORDER BY id DESC LIMIT 1) cs ON true
    LEFT JOIN LATERAL (SELECT at, actor, amount FROM payment_events e WHERE e.transaction_id = t.id
        AND kind = 'refund_requested' ORDER BY id DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (SELECT at FROM payment_events e WHERE e.transaction_id = t.id
        AND kind = 'refund_sent' ORDER BY id DESC LIMIT 1) rs ON true
    WHERE t.status IN ('capture_requested', 'capture_sent', 'refund_requested', 'refund_sent')
), opened AS (
    SELECT id, 'capture' AS kind, CASE status WHEN 'capture_requested' THEN 'requested' ELSE 'sent' END AS state,
        captured_amount AS amount, 'C' || trade_no AS request_id, capturer AS actor, captured_from AS requested_at,
        CASE status WHEN 'capture_requested' THEN NULL ELSE coalesce(capture_sent_at, captured_from) END AS sent_at
    FROM standing WHERE captured_at IS NULL AND captured_from IS NOT NULL AND captured_amount > 0
    UNION ALL
    SELECT id, 'refund', CASE status WHEN 'refund_requested' THEN 'requested' ELSE 'sent' END,
        refund, 'R' || trade_no, refunder, refunded_from,
        CASE status WHEN 'refund_requested' THEN NULL ELSE coalesce(refund_sent_at, refunded_from) END
    FROM standing WHERE status IN ('refund_requested', 'refund_sent') AND refunded_from IS NOT NULL
)
INSERT INTO payment_operations
    (transaction_id, kind, state, amount, request_id, actor, requested_at, close_day, sent_at)
SELECT id, kind::operation_kind, state::operation_state, amount, request_id, actor, requested_at,
    -- A day begins at 21:00 of the one before.
    ((requested_at AT TIME ZONE 'Asia/Taipei') + interval '3 hours')::date, sent_at
FROM opened ORDER BY id, kind;

INSERT INTO payouts (transaction_id, due)
SELECT t.id, (t.captured_at AT TIME ZONE 'Asia/Taipei')::date + 3
FROM transactions t JOIN stores s ON s.id = t.store_id
WHERE t.captured_at IS NOT NULL AND t.settled_at IS NULL AND s.kind = 'platform' AND s.mode = 'live'
    AND (t.captured_amount > t.refunded_amount OR t.status IN ('refund_requested', 'refund_sent'));

-- +goose StatementBegin
CREATE FUNCTION batch_sent_operations(pause interval) RETURNS void LANGUAGE sql AS $$
    WITH parted AS (
        SELECT id, sent_at, close_day, (row_number() OVER (PARTITION BY close_day ORDER BY id) - 1) / 200 AS part
        FROM payment_operations WHERE state = 'sent' AND batch_id IS NULL
    ), groups AS (
        SELECT close_day, part, 'H' || min(id) AS request_id, min(sent_at) AS sent_at FROM parted GROUP BY close_day, part
    ), made AS (
        INSERT INTO close_batches (request_id, day, state, created_at, sent_at, next_try_at)
        SELECT request_id, close_day, 'sent', sent_at, sent_at, sent_at + pause FROM groups ORDER BY close_day, part
        RETURNING id, request_id
    )
    UPDATE payment_operations o SET batch_id = m.id
    FROM parted p JOIN groups g USING (close_day, part) JOIN made m USING (request_id) WHERE o.id = p.id
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION batch_sent_operations IS 'Gives operations that were sent before batches were kept a batch that counts as sent; its answers are asked for when the pause is over.';
SELECT batch_sent_operations('3 days');
