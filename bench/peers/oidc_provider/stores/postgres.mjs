// An adapter on PostgreSQL by pg, shaped as the example adapters of node-oidc-provider are. A pool of ten connections,
// every statement prepared once on each, jit off as on ours, none closed when idle.

import pg from "pg";

const TABLES = `
  CREATE TABLE oidc_payloads (
    id text NOT NULL, type text NOT NULL, payload jsonb NOT NULL,
    grant_id text, user_code text, uid text, expires_at timestamptz, consumed_at timestamptz,
    PRIMARY KEY (id, type)
  );
  CREATE INDEX ON oidc_payloads (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX ON oidc_payloads (user_code) WHERE user_code IS NOT NULL;
  CREATE INDEX ON oidc_payloads (uid) WHERE uid IS NOT NULL;
  CREATE TABLE users (
    id text PRIMARY KEY, email text NOT NULL, name text NOT NULL, picture text, email_verified boolean NOT NULL
  );
`;
const FOUND = "SELECT payload, expires_at, consumed_at FROM oidc_payloads";
const TEXTS = {
  upsert: `INSERT INTO oidc_payloads (id, type, payload, grant_id, user_code, uid, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (id, type) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id,
      user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`,
  find: `${FOUND} WHERE id = $1 AND type = $2`,
  findByUid: `${FOUND} WHERE uid = $1 AND type = $2`,
  findByUserCode: `${FOUND} WHERE user_code = $1 AND type = $2`,
  consume: "UPDATE oidc_payloads SET consumed_at = $1 WHERE id = $2 AND type = $3",
  destroy: "DELETE FROM oidc_payloads WHERE id = $1 AND type = $2",
  revokeByGrantId: "DELETE FROM oidc_payloads WHERE grant_id = $1",
  findUser: "SELECT email, name, picture, email_verified FROM users WHERE id = $1",
  addUser: "INSERT INTO users (id, email, name, picture, email_verified) VALUES ($1, $2, $3, $4, $5)",
};

export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 10, idleTimeoutMillis: 0, options: "-c jit=off" });
  await pool.query(TABLES);
  const place = { connection: pool };
  const run = async (name, ...values) => (await place.connection.query({ name, text: TEXTS[name], values })).rows[0];
  const adapter = (model) => new PostgresAdapter(model, run);
  return {
    keepsClients: true,
    adapter,
    findUser: (id) => run("findUser", id),
    addUsers: async (rows) => {
      for (const each of rows) await run("addUser", each.id, each.email, each.name, each.picture, each.email_verified);
    },
    fill: (seeding) => fill(pool, place, seeding),
  };
}

// One transaction, and nothing left to be tidied while requests are measured.
async function fill(pool, place, seeding) {
  place.connection = await pool.connect();
  await place.connection.query("BEGIN");
  await seeding();
  await place.connection.query("COMMIT");
  await place.connection.query("VACUUM (ANALYZE, FREEZE) oidc_payloads");
  await place.connection.query("VACUUM (ANALYZE, FREEZE) users");
  await place.connection.query("CHECKPOINT");
  place.connection.release();
  place.connection = pool;
}

class PostgresAdapter {
  constructor(model, run) {
    this.model = model;
    this.run = run;
  }

  async upsert(id, payload, expiresIn) {
    const { grantId = null, userCode = null, uid = null } = payload;
    const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
    await this.run("upsert", id, this.model, JSON.stringify(payload), grantId, userCode, uid, expiresAt);
  }

  async find(id) {
    return entry(await this.run("find", id, this.model));
  }

  async findByUid(uid) {
    return entry(await this.run("findByUid", uid, this.model));
  }

  async findByUserCode(userCode) {
    return entry(await this.run("findByUserCode", userCode, this.model));
  }

  async consume(id) {
    await this.run("consume", new Date(), id, this.model);
  }

  async destroy(id) {
    await this.run("destroy", id, this.model);
  }

  async revokeByGrantId(grantId) {
    await this.run("revokeByGrantId", grantId);
  }
}

function entry(row) {
  if (!row || (row.expires_at !== null && row.expires_at < new Date())) return undefined;
  return row.consumed_at === null ? row.payload : { ...row.payload, consumed: Math.floor(row.consumed_at / 1000) };
}
