-- An operator can shut an app out and let it in again. Until then it is as good as deleted, for everybody and
-- everywhere: `disabled_at` says which of the deleted clients can come back.

ALTER TABLE clients ADD COLUMN disabled_at BIGINT;
