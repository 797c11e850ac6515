// An adapter on Node's own SQLite, shaped as the example adapters of node-oidc-provider are: one table for every model,
// the payload as JSON, and beside it what entries are found by. Write-ahead log, synchronous = FULL.

import { DatabaseSync } from "node:sqlite";

const TABLES = `
  CREATE TABLE oidc_payloads (
    id TEXT NOT NULL, type TEXT NOT NULL, payload TEXT NOT NULL,
    grant_id TEXT, user_code TEXT, uid TEXT, expires_at INTEGER, consumed_at INTEGER,
    PRIMARY KEY (id, type)
  ) WITHOUT ROWID;
  CREATE INDEX oidc_payloads_grant_id ON oidc_payloads (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX oidc_payloads_user_code ON oidc_payloads (user_code) WHERE user_code IS NOT NULL;
  CREATE INDEX oidc_payloads_uid ON oidc_payloads (uid) WHERE uid IS NOT NULL;
  CREATE TABLE users (
    id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, picture TEXT, email_verified INTEGER NOT NULL
  );
`;

export async function open(path) {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384");
  database.exec(TABLES);
  const statements = prepare(database);
  const adapter = (model) => new SqliteAdapter(model, statements);
  return {
    keepsClients: true,
    adapter,
    findUser: async (id) => user(statements.findUser.get(id)),
    addUsers: async (rows) => {
      for (const each of rows) {
        statements.addUser.run(each.id, each.email, each.name, each.picture, Number(each.email_verified));
      }
    },
    fill: async (seeding) => {
      database.exec("BEGIN");
      await seeding();
      database.exec("COMMIT");
      database.exec("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
    },
  };
}

function user(row) {
  return row && { ...row, email_verified: Boolean(row.email_verified) };
}

function prepare(database) {
  const found = "SELECT payload, expires_at, consumed_at FROM oidc_payloads";
  const texts = {
    upsert: `INSERT INTO oidc_payloads (id, type, payload, grant_id, user_code, uid, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id, type) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
        user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`,
    find: `${found} WHERE id = ? AND type = ?`,
    findByUid: `${found} WHERE uid = ? AND type = ?`,
    findByUserCode: `${found} WHERE user_code = ? AND type = ?`,
    consume: "UPDATE oidc_payloads SET consumed_at = ? WHERE id = ? AND type = ?",
    destroy: "DELETE FROM oidc_payloads WHERE id = ? AND type = ?",
    revokeByGrantId: "DELETE FROM oidc_payloads WHERE grant_id = ?",
    findUser: "SELECT email, name, picture, email_verified FROM users WHERE id = ?",
    addUser: "INSERT INTO users (id, email, name, picture, email_verified) VALUES (?, ?, ?, ?, ?)",
  };
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, database.prepare(text)]));
}

const now = () => Math.floor(Date.now() / 1000);

class SqliteAdapter {
  constructor(model, statements) {
    this.model = model;
    this.statements = statements;
  }

  async upsert(id, payload, expiresIn) {
    const { grantId = null, userCode = null, uid = null } = payload;
    const expiresAt = expiresIn ? now() + expiresIn : null;
    this.statements.upsert.run(id, this.model, JSON.stringify(payload), grantId, userCode, uid, expiresAt);
  }

  async find(id) {
    return entry(this.statements.find.get(id, this.model));
  }

  async findByUid(uid) {
    return entry(this.statements.findByUid.get(uid, this.model));
  }

  async findByUserCode(userCode) {
    return entry(this.statements.findByUserCode.get(userCode, this.model));
  }

  async consume(id) {
    this.statements.consume.run(now(), id, this.model);
  }

  async destroy(id) {
    this.statements.destroy.run(id, this.model);
  }

  async revokeByGrantId(grantId) {
    this.statements.revokeByGrantId.run(grantId);
  }
}

function entry(row) {
  if (!row || (row.expires_at !== null && row.expires_at < now())) return undefined;
  const payload = JSON.parse(row.payload);
  return row.consumed_at === null ? payload : { ...payload, consumed: row.consumed_at };
}
