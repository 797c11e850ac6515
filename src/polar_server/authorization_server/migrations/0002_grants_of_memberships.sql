-- An organization's grant stands on the membership it was given in, by that membership's id instead of its second.

ALTER TABLE grants ADD COLUMN membership_id TEXT;
UPDATE grants SET membership_id = (
    SELECT m.id FROM memberships m
    WHERE m.organization_id = grants.organization_id AND m.user_id = grants.user_id AND m.created_at = grants.member_since
);
ALTER TABLE grants DROP COLUMN member_since;

-- So does the decision that is remembered for it.
ALTER TABLE consents ADD COLUMN membership_id TEXT;
UPDATE consents SET membership_id = (
    SELECT m.id FROM memberships m
    WHERE m.organization_id = consents.organization_id AND m.user_id = consents.user_id
);
