// A form that posts is sent once: until its answer is there, its buttons do nothing, so that a double click is one act.
// When no page follows, as after the browser's stop button, they work again after a while.
const release = (form) => {
  delete form.dataset.sent
  for (const button of form.querySelectorAll('[aria-disabled]')) button.removeAttribute('aria-disabled')
}
addEventListener('submit', (event) => {
  const form = event.target
  if (form.dataset.sent) event.preventDefault()
  if (event.defaultPrevented || form.getAttribute('method') !== 'post') return
  form.dataset.sent = 'true'
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true')
  setTimeout(release, 10_000, form)
})
// The back button may bring the page as it was left.
addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach(release))
