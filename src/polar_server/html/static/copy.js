// A button beside a text that has to go elsewhere, such as an id. Without script, or without a clipboard, there is none:
// a click into the text selects all of it.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll('[data-copies]')) {
    const says = button.textContent
    button.hidden = false
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
      button.textContent = 'Copied'
      setTimeout(() => { button.textContent = says }, 2000)
    })
  }
}
