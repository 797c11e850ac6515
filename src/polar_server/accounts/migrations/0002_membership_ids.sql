-- A membership is told apart by an id of its own: whoever leaves and is taken back is a new member, also within a second.

ALTER TABLE memberships ADD COLUMN id TEXT;
UPDATE memberships SET id = organization_id || ' ' || user_id || ' ' || created_at;
CREATE UNIQUE INDEX memberships_id ON memberships (id);
