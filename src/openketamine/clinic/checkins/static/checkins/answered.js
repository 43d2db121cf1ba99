// @ts-check
// A form that was refused is answered at once, at its own address. Without this, "back" would later find the browser's own question whether to send it all again; with it, the page with the form.
history.replaceState(history.state, "", location.href);
