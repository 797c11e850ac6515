// People, clients, grants, codes and tokens, through the provider's own models and its adapter.

import { metadata } from "./configuration.mjs";

export async function seed(provider, store, wanted) {
  await store.fill(async () => {
    await store.addUsers(wanted.users);
    // Where dynamic registration leaves them, so that each request looks its client up, as ours does.
    if (store.keepsClients) {
      for (const each of wanted.clients) await store.adapter("Client").upsert(each.client_id, metadata(each, wanted));
    }
    for (const code of wanted.codes) await addCode(provider, wanted, code);
    for (const token of wanted.access_tokens) await add(provider, wanted, provider.AccessToken, token);
    for (const token of wanted.refresh_tokens) await add(provider, wanted, provider.RefreshToken, token);
  });
}

async function addCode(provider, wanted, { text, challenge, client_id, user_id }) {
  const particulars = {
    redirectUri: wanted.redirect_uri,
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
    nonce: wanted.nonce,
  };
  await add(provider, wanted, provider.AuthorizationCode, { text, client_id, user_id }, particulars);
}

async function add(provider, wanted, Model, { text, client_id, user_id }, particulars = {}) {
  const issued = new Model({
    jti: text,
    accountId: user_id,
    clientId: client_id,
    grantId: await addGrant(provider, wanted, client_id, user_id),
    gty: "authorization_code",
    scope: wanted.scope,
    authTime: wanted.auth_time,
    expiresIn: 86_400,
    ...particulars,
  });
  issued.format = "opaque"; // what it would settle while making up a token's text
  await issued.save();
}

async function addGrant(provider, wanted, clientId, accountId) {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(wanted.scope);
  return grant.save();
}
