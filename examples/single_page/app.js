// The page: who is signed in, and their organizations. Texts are set as text, so nothing of them is read as HTML.
import { call, finish, isSignedIn, signIn, signOut } from './sign_in.js'

const element = (id) => document.getElementById(id)

async function showPerson() {
  const [person, organizations] = await Promise.all([call('/v1/oauth2/userinfo'), call('/v1/organizations/')])
  element('title').textContent = `Hello, ${person.name}`
  element('text').textContent = person.email
  element('organizations').replaceChildren(...organizations.items.map(({ name }) => {
    const item = document.createElement('li')
    item.textContent = name
    return item
  }))
}

function showWelcome() {
  element('title').textContent = 'Welcome'
  element('text').textContent = 'Sign in to see who you are.'
}

/** Do something, show what came of it or what went wrong, and the buttons that make sense then. */
async function show(action) {
  try {
    await action()
    await (isSignedIn() ? showPerson() : showWelcome())
  } catch (error) {
    const refused = error.error === 'access_denied'
    element('title').textContent = refused ? 'Nothing was shared' : 'That did not work'
    element('text').textContent = error.error_description ?? error.message
  }
  element('organizations').hidden = !isSignedIn()
  element('sign-in').hidden = isSignedIn()
  element('again').hidden = element('sign-out').hidden = !isSignedIn()
}

element('sign-in').addEventListener('click', () => show(signIn))
element('again').addEventListener('click', () => show(() => {}))
element('sign-out').addEventListener('click', () => show(signOut))
await show(finish)
