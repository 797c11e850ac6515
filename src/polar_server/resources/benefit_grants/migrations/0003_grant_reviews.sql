-- What was sold earlier and has to be brought in line: with the benefits of a product, or with what a benefit became.

-- Sales or grants are gone through by their ids; `reached` is the last one that is done. Whoever works on a row holds
-- it by `lease` until `leased_until`, in epoch seconds; after a crash somebody else goes on from there.
CREATE TABLE grant_reviews (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    product_id TEXT REFERENCES products (id) ON DELETE CASCADE,
    benefit_id TEXT REFERENCES benefits (id),
    reached TEXT NOT NULL DEFAULT '',
    lease TEXT NOT NULL DEFAULT '',
    leased_until BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    CHECK ((product_id IS NULL) <> (benefit_id IS NULL))
);

CREATE INDEX grant_reviews_due ON grant_reviews (leased_until, created_at);

CREATE INDEX benefit_grants_live ON benefit_grants (benefit_id, id) WHERE granted_at IS NOT NULL;
