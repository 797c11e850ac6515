// Signs a person in, and follows the tokens until they are revoked.
import * as client from 'openid-client'
import { configured, prepared } from './client.mjs'
import { finish, given, visit } from './plumbing.mjs'

const config = await configured()
const { url, checks } = await prepared(config, given.parameters)
const maxAge = given.parameters.max_age && Number(given.parameters.max_age)
const tokens = await client.authorizationCodeGrant(config, await visit(url), { ...checks, maxAge })
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)

const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
const about = (token) => (given.method === 'none' ? null : client.tokenIntrospection(config, token))
const introspection = await about(refreshed.access_token)
await client.tokenRevocation(config, refreshed.refresh_token)
const revoked = await about(refreshed.access_token)
const afterwards = await client.fetchUserInfo(config, refreshed.access_token, claims.sub).catch((error) => error)

finish({
  client: config.clientMetadata(),
  claims,
  userinfo,
  introspection,
  revoked,
  rotated: tokens.refresh_token !== refreshed.refresh_token,
  afterwards: { status: afterwards.status, error: afterwards.cause?.[0]?.parameters.error },
})
