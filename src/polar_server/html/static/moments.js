// What small moments have in common. htmx asks for a page and takes one part of it; what becomes of an answer without
// that part, what is said to whoever does not see the change, and where the focus goes, stands here.

const UNREACHABLE = 'The server cannot be reached. Try again in a moment.'
const REFRESHES = 60

const says = Object.assign(document.createElement('p'), { className: 'unseen' })
says.setAttribute('role', 'status')

const trouble = Object.assign(document.createElement('p'), { className: 'notice bad' })
trouble.setAttribute('role', 'alert')

const complain = (target, words) => {
  if (trouble.isConnected && trouble.textContent === words) return
  trouble.textContent = words
  target.before(trouble)
  // What was said of a field is about what stood there before.
  if (target.matches('[role=status]')) target.replaceChildren()
}

/** Why there is no such part: what a page of ours says to it. */
const reasonOf = (page) => {
  const refused = page.querySelector('main [role=alert]')
  const texts = refused ? [refused] : [...page.querySelectorAll('main h1, main h1 + p')]
  const sentences = texts.map((each) => each.textContent.trim().replace(/[.?!]?$/, (end) => end || '.'))
  return sentences.join(' ') || 'The server did not answer as it should. Try again in a moment.'
}

let left // what is worth to keep of the part that is replaced, and of the page that came

document.addEventListener('htmx:beforeSwap', (event) => {
  const { target, xhr, pathInfo, requestConfig } = event.detail
  const page = new DOMParser().parseFromString(xhr.response, 'text/html')
  const part = page.getElementById(target.id)
  // Another answer took its place meanwhile.
  if (!target.isConnected) return event.preventDefault()
  if (!part) {
    event.preventDefault()
    const asked = new URL(pathInfo.finalRequestPath, location.href)
    // Led to another page, such as the one to sign in: the browser goes there as to any page.
    if (new URL(xhr.responseURL).pathname !== asked.pathname) {
      return location.assign(requestConfig.verb === 'get' ? asked.href : location.pathname + location.search)
    }
    return complain(target, reasonOf(page))
  }
  trouble.remove()
  const isAsked = requestConfig.elt.matches('form, a')
  if (!isAsked && part.innerHTML === target.innerHTML) return event.preventDefault()
  const focused = target.contains(document.activeElement) && document.activeElement
  left = {
    notice: page.querySelector('main .notice[role=status]')?.textContent.trim(),
    focused,
    row: focused && focused.closest('tr')?.querySelector('[id]')?.id,
    open: [...target.querySelectorAll('details[id][open]')].map((details) => details.id),
  }
})

document.addEventListener('htmx:afterSwap', ({ detail }) => {
  const part = document.getElementById(detail.target.id)
  for (const id of left.open) document.getElementById(id)?.setAttribute('open', '')
  if (left.focused && document.activeElement === document.body) {
    const next = document.getElementById(left.row) || part
    if (next === part) part.tabIndex = -1
    next.focus({ preventScroll: true })
  }
  const field = document.querySelector(`[aria-describedby~="${part.id}"]`)
  if (field && part.textContent.trim()) field.setAttribute('aria-invalid', 'true')
  else if (field) field.removeAttribute('aria-invalid')
  const words = left.notice || (part.matches('[data-says]') ? part : part.querySelector('[data-says]'))?.dataset.says
  if (words && words !== says.textContent) says.textContent = words
})

for (const failure of ['htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(failure, ({ detail }) => complain(detail.target, UNREACHABLE))
}

document.addEventListener('htmx:configRequest', ({ detail }) => {
  const { elt, triggeringEvent, verb, formData } = detail
  // What is left open stands in no address.
  if (verb === 'get') [...formData].forEach(([name, text]) => text || formData.delete(name))
  // The line at which somebody types is not finished, so nothing is said of it.
  if (!elt.matches('textarea') || triggeringEvent.type !== 'input') return
  formData.set('typing', elt.value.slice(0, elt.selectionStart).split('\n').length)
})

// Who types on replaces the entry of the history that they made, so that going back is one step.
let typed
document.addEventListener('htmx:beforeHistoryUpdate', ({ detail }) => {
  const { triggeringEvent } = detail.requestConfig
  const field = triggeringEvent.target.matches('input') && triggeringEvent.target.id
  const isSame = detail.history.path === location.pathname + location.search
  if (isSame || (field && field === typed)) detail.history.type = 'replace'
  typed = isSame ? typed : field
})

// What follows by itself does so for a while after anything was done, and not where nobody sees it.
let refreshes = REFRESHES
document.addEventListener('htmx:beforeRequest', (event) => {
  if (!event.target.matches('[data-hx-trigger^=every]')) refreshes = REFRESHES
  else if (document.hidden || refreshes-- <= 0) event.preventDefault()
})

// The page works without htmx, so that comes once the page is there: a deferred script would make it wait.
const begin = () => {
  const { href } = document.querySelector('link[rel=preload][as=script]')
  const script = Object.assign(document.createElement('script'), { src: href })
  script.addEventListener('load', () => document.body.append(says))
  document.head.append(script)
}
if (document.readyState === 'complete') begin()
else addEventListener('load', begin)
