// Sign-in for a public client: authorization code with PKCE (RFC 7636), tokens in the memory of this page alone.
import * as oauth from './oauth4webapi.js'
import { clientId, issuer } from './config.js'

const client = { client_id: clientId }
const redirectUri = `${location.origin}/`
const scope = 'openid profile email organizations:read'
// For a server on this machine. Everywhere else oauth4webapi refuses http, and rightly.
const options = { [oauth.allowInsecureRequests]: issuer.hostname === 'localhost' }

// Gone with the page: there is nothing that another script could find in a storage.
let tokens = null
let refreshing = null
let discovered = null

export function isSignedIn() {
  return tokens !== null
}

/** Send the person to Polar. The storage keeps what proves that the answer is to us; without a code it opens nothing. */
export async function signIn() {
  const server = await discover()
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  sessionStorage.setItem('sign_in', JSON.stringify({ verifier, state, nonce }))
  const url = new URL(server.authorization_endpoint)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  location.assign(url)
}

/** Finish a sign-in, if the person has just come back. Throws what oauth4webapi throws, also when they said no. */
export async function finish() {
  const callback = new URL(location.href)
  if (!callback.searchParams.has('state')) return
  history.replaceState(null, '', '/') // a code is not for the history, nor for whoever is sent this address
  const kept = JSON.parse(sessionStorage.getItem('sign_in'))
  sessionStorage.removeItem('sign_in')
  if (kept === null) throw new Error('This sign-in began in another window. Begin again.')
  const server = await discover()
  // Checks the state and, by RFC 9207, who answers.
  const parameters = oauth.validateAuthResponse(server, client, callback, kept.state)
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, oauth.None(), parameters, redirectUri, kept.verifier, options,
  )
  keep(await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: kept.nonce,
    requireIdToken: true,
  }))
}

/** Call the API. A token that ends within half a minute is refreshed first: once, however many calls wait for it. */
export async function call(path) {
  if (tokens.expiresAt < Date.now() + 30_000) await (refreshing ??= refresh().finally(() => { refreshing = null }))
  const answer = await fetch(new URL(path, issuer), { headers: { Authorization: `Bearer ${tokens.access_token}` } })
  if (answer.status === 401) end()
  if (!answer.ok) throw new Error(`Polar answered ${answer.status}.`)
  return answer.json()
}

/** End the access: all that came from this sign-in is dead at once. */
export async function signOut() {
  const token = tokens.refresh_token
  tokens = null
  const answer = await oauth.revocationRequest(await discover(), client, oauth.None(), token, options)
  await oauth.processRevocationResponse(answer)
}

async function refresh() {
  const server = await discover()
  const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, options)
  try {
    keep(await oauth.processRefreshTokenResponse(server, client, answer))
  } catch (error) {
    if (error.error === 'invalid_grant') end()
    throw error
  }
}

/** Each refresh token works once, and comes with its successor. */
function keep(fresh) {
  tokens = { ...tokens, ...fresh, expiresAt: Date.now() + fresh.expires_in * 1000 }
}

function end() {
  tokens = null
  throw new Error('Your access was ended at Polar.')
}

/** Where the endpoints are (OpenID Connect Discovery §4), asked once. */
async function discover() {
  discovered ??= await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
  return discovered
}
