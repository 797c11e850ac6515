"""Organizations, as the API shows and changes them. Who belongs to them is the business of accounts."""
