-- What a page of products gives lies side by side, however many other organizations there are.

CREATE INDEX product_benefits_product ON product_benefits (organization_id, product_id);
