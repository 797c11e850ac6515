-- How many endpoints of an organization are being sent to, so that it cannot take every lane of the workers.

CREATE INDEX webhook_endpoints_held ON webhook_endpoints (organization_id) WHERE leased_until IS NOT NULL;
