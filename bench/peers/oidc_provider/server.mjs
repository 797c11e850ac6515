// node-oidc-provider as its documentation sets it up, on a store that PEER_STORE names.
//
// PEER_PORT, PEER_ISSUER; PEER_STORE: memory, sqlite, postgres; PEER_DATABASE: a path or a URL;
// PEER_SEED: the JSON file of what is to be there before the first request.

import { readFileSync } from "node:fs";

import Provider from "oidc-provider";

import { configuration } from "./configuration.mjs";
import { seed } from "./seeding.mjs";

const { PEER_PORT, PEER_ISSUER, PEER_STORE, PEER_DATABASE, PEER_SEED } = process.env;
const { open } = await import(`./stores/${PEER_STORE}.mjs`);

const wanted = JSON.parse(readFileSync(PEER_SEED, "utf8"));
const store = await open(PEER_DATABASE);
const provider = new Provider(PEER_ISSUER, configuration(store, wanted));
await seed(provider, store, wanted);

provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(PEER_PORT), "127.0.0.1", 2048);
