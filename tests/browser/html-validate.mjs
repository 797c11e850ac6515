// What html-validate asks of every page. The two exceptions are valid HTML, of which the presets only advise against.
export default {
    root: true,
    extends: ["html-validate:standard", "html-validate:a11y"],
    rules: {
        // The HTML standard (§4.10.6) says what a button without a type does in a form: it submits. Ours do; others have one.
        "no-implicit-button-type": "off",
        // A list may have a name (WAI-ARIA 1.2 §5.2.8.4): in the menu it is that of the group, which is heard with the list.
        "aria-label-misuse": ["error", { allowAnyNamable: true }],

        // More than the presets: what names another element finds it, and headings go down one level at a time.
        "missing-doctype": "error",
        "no-missing-references": "error",
        "input-missing-label": "error",
        "heading-level": "error",
        // Our forms refuse a name that comes twice.
        "form-dup-name": "error",
    },
};
