-- What the API keeps of an organization beside its row in organizations. Without a row here the defaults hold.

CREATE TABLE organization_details (
    organization_id TEXT PRIMARY KEY REFERENCES organizations (id),
    email TEXT,
    website TEXT,
    country TEXT,
    default_presentment_currency TEXT NOT NULL,
    default_tax_behavior TEXT NOT NULL CHECK (default_tax_behavior IN ('location', 'inclusive', 'exclusive')),
    settings TEXT NOT NULL
);
