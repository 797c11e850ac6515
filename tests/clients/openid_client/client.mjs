// The configured client of a scenario: discovered with its credentials, or registered by itself (RFC 7591).
import * as client from 'openid-client'
import { given } from './plumbing.mjs'

const methods = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
}
const insecure = { execute: [client.allowInsecureRequests] }

export async function configured() {
  const server = new URL(given.issuer)
  const authentication = methods[given.method](given.client_secret)
  const config = given.client_id
    ? await client.discovery(server, given.client_id, given.metadata ?? {}, authentication, insecure)
    : await client.dynamicClientRegistration(server, given.metadata, undefined, insecure)
  // Over TLS the library trusts the token endpoint's answer; here it also checks the ID token's signature.
  client.enableNonRepudiationChecks(config)
  return config
}

// Sends a person through the server, with state, nonce and PKCE, which are all checked when they come back.
export async function prepared(config, parameters) {
  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: given.redirect_uri,
    scope: given.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  })
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
  return { url, checks }
}
