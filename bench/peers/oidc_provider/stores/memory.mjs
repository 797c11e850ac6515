// node-oidc-provider's own memory adapter. It forgets all but a thousand or two entries, so it gets a larger store of
// the kind it uses. Nothing is durable. Clients stand in the configuration, which costs the least.

import { pathToFileURL } from "node:url";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

const entry = createRequire(import.meta.url).resolve("oidc-provider");
const own = (path) => import(pathToFileURL(join(dirname(entry), path)));

export async function open() {
  const { default: MemoryAdapter } = await own("adapters/memory_adapter.js");
  const { default: LRU } = await own("helpers/lru.js");
  const [entries, users] = [new LRU({ maxSize: 100_000_000 }), new Map()];
  return {
    keepsClients: false,
    adapter: (model) => new MemoryAdapter(model, entries),
    findUser: async (id) => users.get(id),
    addUsers: async (rows) => rows.forEach(({ id, ...user }) => users.set(id, user)),
    fill: (seeding) => seeding(),
  };
}
