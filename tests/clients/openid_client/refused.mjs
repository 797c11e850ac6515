// Sends a request that the server answers with an error.
import * as client from 'openid-client'
import { configured, prepared } from './client.mjs'
import { finish, given, visit } from './plumbing.mjs'

const config = await configured()
const { url, checks } = await prepared(config, given.parameters)
const error = await client.authorizationCodeGrant(config, await visit(url), checks).catch((error) => error)
finish({ name: error.constructor.name, error: error.error, description: error.error_description })
