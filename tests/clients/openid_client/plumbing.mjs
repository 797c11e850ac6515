// How a scenario talks with its test: arguments come as JSON, pages are visited by the test, results are printed.
import { createInterface } from 'node:readline'

export const given = JSON.parse(process.argv[2])

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

// Has a person's browser open the URL; gives the request with which the browser comes back to the client.
export async function visit(url) {
  print({ visit: url.href })
  const answer = JSON.parse((await lines.next()).value)
  if (Object.keys(answer.form).length === 0) return new Request(answer.url)
  return new Request(answer.url, { method: 'POST', body: new URLSearchParams(answer.form) })
}

export function finish(results) {
  print({ results })
  process.exit(0)
}

function print(message) {
  console.log(JSON.stringify(message))
}
