-- A deleted organization keeps its row: its slug stays taken, and what was sold stays on record. Nobody is a member any more.

ALTER TABLE organizations ADD COLUMN deleted_at BIGINT;
