// Passkeys (Web Authentication §5). A form with data-passkey asks the browser for one and sends what it says.
// Without this script, or in a browser without passkeys, those forms stay hidden and the page says why.
const raw = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

const read = (options) => {
  const known = (list) => (list || []).map((one) => ({ ...one, id: raw(one.id) }))
  options.challenge = raw(options.challenge)
  if (options.user) options.user.id = raw(options.user.id)
  options.excludeCredentials = known(options.excludeCredentials)
  options.allowCredentials = known(options.allowCredentials)
  return options
}

const written = (credential) => {
  const response = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (credential.response[name]) response[name] = text(credential.response[name])
  }
  const { id, type } = credential
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response, clientExtensionResults: {} })
}

const WORDS = {
  InvalidStateError: 'This device or password manager holds a passkey for your account already.',
  NotAllowedError: 'No passkey was used. You can try again.',
  SecurityError: 'Passkeys do not work at this address.',
}

const prepare = (form) => {
  const problem = form.querySelector('[data-problem]')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.textContent = ''
    try {
      const publicKey = read(JSON.parse(form.dataset.options))
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey })
      form.elements.credential.value = written(credential)
      form.submit()
    } catch (error) {
      problem.textContent = WORDS[error.name] || 'The browser could not use a passkey. You can try again.'
    }
  })
  form.hidden = false
}

const able = Boolean(window.PublicKeyCredential && navigator.credentials)
for (const form of document.querySelectorAll('form[data-passkey]')) {
  if (able) prepare(form)
}
for (const words of document.querySelectorAll('[data-without-passkeys]')) words.hidden = able
