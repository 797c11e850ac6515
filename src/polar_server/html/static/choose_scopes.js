// The buttons that tick all boxes around them or none. Without script they ask the server, which shows the form again.
for (const button of document.querySelectorAll('[data-chooses]')) {
  button.addEventListener('click', (event) => {
    event.preventDefault()
    const ticked = button.dataset.chooses === 'all'
    for (const box of button.closest('fieldset').querySelectorAll('[type=checkbox]')) box.checked = ticked
  })
}
