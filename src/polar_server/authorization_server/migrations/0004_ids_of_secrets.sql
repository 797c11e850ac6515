-- Secrets are digested with their client, so the digest alone finds nobody: one that turns up somewhere is found by its id.
ALTER TABLE clients ADD COLUMN secret_id TEXT;
ALTER TABLE clients ADD COLUMN previous_secret_id TEXT;
ALTER TABLE clients ADD COLUMN registration_id TEXT;
CREATE INDEX clients_secret ON clients (secret_id);
CREATE INDEX clients_previous_secret ON clients (previous_secret_id);
CREATE INDEX clients_registration ON clients (registration_id);
