-- Files of organizations. Their bytes are in the storage under the id; a row is seen when they were joined and checked.

CREATE TABLE files (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    service TEXT NOT NULL CHECK (service IN ('downloadable', 'product_media', 'organization_avatar')),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size BIGINT NOT NULL CHECK (size > 0),
    version TEXT,
    checksum TEXT,
    etag TEXT,
    storage_version TEXT,
    upload_id TEXT NOT NULL,
    parts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    uploaded_at BIGINT,
    deleted_at BIGINT
);

CREATE INDEX files_organization ON files (organization_id, created_at, id);

-- What the sweeper looks for: uploads that nobody finished, and deleted files whose bytes may still be there.
CREATE INDEX files_unfinished ON files (created_at) WHERE uploaded_at IS NULL;
CREATE INDEX files_deleted ON files (deleted_at) WHERE deleted_at IS NOT NULL;
