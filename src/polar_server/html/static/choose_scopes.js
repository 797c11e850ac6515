// The buttons that tick all scopes or none. Without script they ask the server, which shows the form again.
for (const button of document.querySelectorAll('[data-chooses]')) {
  button.addEventListener('click', (event) => {
    event.preventDefault()
    const ticked = button.dataset.chooses === 'all'
    for (const box of button.form.querySelectorAll('[name^="scope-"]')) box.checked = ticked
  })
}
