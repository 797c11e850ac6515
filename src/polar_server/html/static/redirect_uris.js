// What is wrong with a redirect URI, while it is typed: the rules and the sentences of oauth/redirect_uris.py.
// The server checks again. A test holds both to the same answers.
const RESERVED = 'code state iss error error_description error_uri response id_token access_token'.split(' ')
const URI = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/
const AUTHORITY = /^(\[[^\[\]]*\]|[^:\[\]]*)(?::(.*))?$/
const HOST_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/i
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/

/** What the server would say of this one, or nothing. */
export function mistake(uri, isPublic) {
  const shown = (uri.length <= 100 ? uri : uri.slice(0, 99) + '...').replace(/["\\]/g, "'").replace(/[^ -~]/gu, '?')
  if (uri.length > 2000) return 'A redirect URI is longer than 2000 characters.'
  if (!/^[A-Za-z0-9:/?#[\]@!$&'()*+,;=._~%-]*$/.test(uri)) {
    return `${shown} contains a space, a control character or another one that must be percent-encoded.`
  }
  if (uri.includes('#')) return `${shown} has a fragment, which RFC 6749 section 3.1.2 forbids.`
  if (uri.includes('*')) return `${shown} has a wildcard; register each URI in full.`
  const parts = URI.exec(uri)
  if (!parts) return `${shown} is not an absolute URI.`
  const [, scheme, authority = '', path, query = ''] = parts
  const said = wrongPlace(scheme, authority, isPublic) || wrongPath(path) || wrongQuery(query)
  return said && `${shown} ${said}`
}

function wrongPlace(scheme, authority, isPublic) {
  if (scheme === 'https' || scheme === 'http') {
    const [host, wrong] = checkedHost(authority)
    if (wrong) return wrong
    const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(host)
    return scheme === 'http' && !isLoopback && 'must use https; http is for localhost and 127.0.0.1 only.'
  }
  if (!isPublic) return 'must start with https://.'
  if (!/^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+$/.test(scheme)) {
    return 'must start with https://, with http:// on localhost, or with a private scheme such as com.example.app:/callback.'
  }
  return authority && checkedHost(authority)[1]
}

function checkedHost(authority) {
  if (authority.includes('@')) return ['', 'has a user name in front of its host.']
  const parts = AUTHORITY.exec(authority)
  if (!parts || !isHost(parts[1])) return ['', 'has no valid host name.']
  const isPort = parts[2] === undefined || (/^[1-9][0-9]{0,4}$/.test(parts[2]) && Number(parts[2]) <= 65535)
  return [parts[1], !isPort && 'has no valid port.']
}

function isHost(host) {
  if (host.startsWith('[')) return !host.includes('%') && URL.canParse(`http://${host}`)
  if (NUMBER.test(host.split('.').at(-1))) return IPV4.test(host)
  return HOST_NAME.test(host)
}

function decoded(text) {
  return text.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(code, 16)))
}

function wrongPath(path) {
  const isDotted = decoded(path).split(/[/;]/).some((segment) => segment === '.' || segment === '..')
  return (isDotted || /%(?:2f|5c|00)/i.test(path)) && 'has a dot segment or an encoded slash in its path.'
}

function wrongQuery(query) {
  const name = query.split(/[&;]/).map((field) => decoded(field.split('=')[0])).find((name) => RESERVED.includes(name))
  return name && `has the parameter ${name}, which the response adds itself.`
}

/** The sentences for a text with one URI on each line. `typing` is the number of a line that is not finished. */
export function mistakes(text, isPublic, typing = 0) {
  return text.split('\n').flatMap((line, index) => {
    const uri = line.trim()
    const said = uri && index + 1 !== typing && mistake(uri, isPublic)
    return said ? [`Line ${index + 1}: ${said}`] : []
  })
}

function watch(area) {
  const kinds = () => area.form.querySelector('[name=kind]:checked, [name=kind][type=hidden]')
  const check = (typing) => {
    const found = mistakes(area.value, kinds()?.value === 'public', typing)
    let error = document.getElementById('redirect_uris-error')
    if (!error) {
      error = Object.assign(document.createElement('p'), { className: 'error', id: 'redirect_uris-error' })
      error.setAttribute('role', 'status')
      area.after(error)
      area.setAttribute('aria-describedby', 'redirect_uris-error redirect_uris-hint')
    }
    error.textContent = found.join('\n')
    area.toggleAttribute('aria-invalid', found.length > 0)
    if (found.length) area.setAttribute('aria-invalid', 'true')
  }
  area.addEventListener('input', () => check(area.value.slice(0, area.selectionStart).split('\n').length))
  area.addEventListener('change', () => check())
  for (const kind of area.form.querySelectorAll('[name=kind]')) kind.addEventListener('change', () => check())
}

if (typeof document !== 'undefined') document.querySelectorAll('#redirect_uris').forEach(watch)
