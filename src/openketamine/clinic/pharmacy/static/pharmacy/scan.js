// A camera reads the code on a carton into the field that a scanner types into. Where the browser
// has no reader of its own, nothing is shown: the scanner and the keyboard do without this file.

const FORMATS = ["data_matrix", "code_128", "ean_13", "upc_a", "itf", "qr_code"];
const EVERY_MS = 200;

/** The formats on cartons that this browser's reader knows; none where it has no reader. */
export async function known(Reader) {
  if (!Reader) return [];
  const there = await Reader.getSupportedFormats();
  return FORMATS.filter((one) => there.includes(one));
}

/** The first code that the reader finds in the picture, or "" once `isOver`. */
export async function firstCode(reader, picture, isOver, pause = (ms) => new Promise((done) => setTimeout(done, ms))) {
  while (!isOver()) {
    const found = await reader.detect(picture).catch(() => []);
    const code = found.find((one) => one.rawValue);
    if (code) return code.rawValue;
    await pause(EVERY_MS);
  }
  return "";
}

async function look({ form, field, picture, begin, end, told }, Reader, formats) {
  let over = false;
  end.onclick = () => (over = true);
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  try {
    picture.srcObject = stream;
    picture.hidden = end.hidden = false;
    begin.hidden = true;
    await picture.play();
    told.textContent = "Hold the code before the camera.";
    const code = await firstCode(new Reader({ formats }), picture, () => over);
    told.textContent = code ? "Read. It is being filled in." : "";
    if (code) {
      field.value = code;
      form.requestSubmit();
    }
  } finally {
    stream.getTracks().forEach((one) => one.stop());
    picture.hidden = end.hidden = true;
    begin.hidden = false;
  }
}

export async function start(page) {
  const Reader = globalThis.BarcodeDetector;
  const formats = await known(Reader);
  if (!formats.length || !navigator.mediaDevices) return;
  const one = (id) => page.getElementById(id);
  const parts = {
    form: one("scan-form"), field: one("id_scan"), picture: one("scan-picture"), begin: one("scan-begin"),
    end: one("scan-end"), told: one("scan-told"),
  };
  one("scan-camera").hidden = false;
  parts.begin.onclick = () =>
    look(parts, Reader, formats).catch(() => (parts.told.textContent = "The camera could not be used. Type the code, or use a scanner."));
}

if (globalThis.document?.getElementById?.("scan-camera")) start(document);
