-- Who did what. Nothing is referred to: what happened stays told when the thing or the person is gone.

-- The id is a UUID of version 7, so the order of ids is the order of acts. `subject_user_id` is whose account it
-- concerns. `detail` is a JSON object of plain facts, and never holds a secret.
CREATE TABLE audit_entries (
    id TEXT COLLATE "C" PRIMARY KEY,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    user_id TEXT,
    client_id TEXT,
    organization_id TEXT,
    subject_user_id TEXT,
    target_id TEXT,
    target_name TEXT,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX audit_entries_organization ON audit_entries (organization_id, id) WHERE organization_id IS NOT NULL;
CREATE INDEX audit_entries_user ON audit_entries (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_entries_subject ON audit_entries (subject_user_id, id) WHERE subject_user_id IS NOT NULL;
CREATE INDEX audit_entries_client ON audit_entries (client_id, id) WHERE client_id IS NOT NULL;
CREATE INDEX audit_entries_target ON audit_entries (target_id) WHERE target_id IS NOT NULL;
