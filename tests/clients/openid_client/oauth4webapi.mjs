// The same with oauth4webapi, which leaves every step to its caller: discovery to revocation.
import * as oauth from 'oauth4webapi'
import { finish, given, visit } from './plumbing.mjs'

const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(given.issuer)
const client = { client_id: given.client_id, id_token_signed_response_alg: given.algorithm }
const authentication = oauth.ClientSecretBasic(given.client_secret)

// OAuth 2.0 metadata (RFC 8414) this time, where openid-client reads OpenID Connect's.
const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
const server = await oauth.processDiscoveryResponse(issuer, discovered)

const verifier = oauth.generateRandomCodeVerifier()
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
const url = new URL(server.authorization_endpoint)
for (const [name, value] of Object.entries({
  client_id: client.client_id,
  redirect_uri: given.redirect_uri,
  response_type: 'code',
  scope: given.scope,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})) {
  url.searchParams.set(name, value)
}

const parameters = oauth.validateAuthResponse(server, client, new URL((await visit(url)).url), state)
const exchanged = await oauth.authorizationCodeGrantRequest(
  server, client, authentication, parameters, given.redirect_uri, verifier, insecure,
)
const tokens = await oauth.processAuthorizationCodeResponse(server, client, exchanged, {
  expectedNonce: nonce,
  requireIdToken: true,
})
await oauth.validateApplicationLevelSignature(server, exchanged, insecure)
const claims = oauth.getValidatedIdTokenClaims(tokens)

const answered = await oauth.userInfoRequest(server, client, tokens.access_token, insecure)
const userinfo = await oauth.processUserInfoResponse(server, client, claims.sub, answered)

const introspected = await oauth.introspectionRequest(server, client, authentication, tokens.access_token, insecure)
const introspection = await oauth.processIntrospectionResponse(server, client, introspected)

const revoking = await oauth.revocationRequest(server, client, authentication, tokens.refresh_token, insecure)
await oauth.processRevocationResponse(revoking)
const refreshing = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, insecure)
const refused = await oauth.processRefreshTokenResponse(server, client, refreshing).catch((error) => error)

finish({ claims, userinfo, introspection, refused: refused.error })
