// OAuth 2.0 Form Post Response Mode: the answer travels in a form; without script its button sends it.
document.forms[0].submit();
