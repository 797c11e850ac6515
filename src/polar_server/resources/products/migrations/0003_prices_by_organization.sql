-- The prices of a page of products lie side by side, however many other organizations there are.

CREATE INDEX prices_organization ON prices (organization_id, product_id, position);
