// What differs from node-oidc-provider's defaults: our paths, scopes and claims, both kinds of keys, and rotation.

import { generateKeyPairSync } from "node:crypto";

const DAY = 86_400;

export function configuration(store, wanted) {
  return {
    adapter: store.adapter,
    clients: store.keepsClients ? [] : wanted.clients.map((each) => metadata(each, wanted)),
    findAccount: async (_, id) => {
      const user = await store.findUser(id);
      return user && { accountId: id, claims: async () => ({ sub: id, ...user }) };
    },
    jwks: { keys: [key("rsa", { modulusLength: 2048 }, "RS256"), key("ec", { namedCurve: "P-256" }, "ES256")] },
    cookies: { keys: ["none is set or read by what is measured"] },
    scopes: ["openid", "offline_access", "profile", "email", "products:read"],
    claims: { openid: ["sub"], profile: ["name", "picture"], email: ["email", "email_verified"] },
    clientDefaults: { id_token_signed_response_alg: "RS256" },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    // As our server does: a refresh token with each code, another one at each use, nothing that ends with a session.
    issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    pkce: { required: () => true },
    ttl: { AccessToken: 3600, AuthorizationCode: DAY, Grant: 14 * DAY, IdToken: 3600, RefreshToken: 14 * DAY },
    routes: {
      token: "/v1/oauth2/token",
      introspection: "/v1/oauth2/introspect",
      revocation: "/v1/oauth2/revoke",
      userinfo: "/v1/oauth2/userinfo",
      jwks: "/.well-known/jwks.json",
    },
  };
}

export function metadata({ client_id, secret, id_token_alg }, wanted) {
  return {
    client_id,
    client_secret: secret,
    client_name: "Benchmark",
    redirect_uris: [wanted.redirect_uri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    scope: wanted.scope,
    token_endpoint_auth_method: "client_secret_basic",
    id_token_signed_response_alg: id_token_alg,
  };
}

function key(type, options, alg) {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: "jwk" });
  return { ...jwk, alg, use: "sig", kid: alg };
}
