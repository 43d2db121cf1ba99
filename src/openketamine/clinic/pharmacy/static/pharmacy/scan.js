// A camera reads the code on a carton into the field that a scanner types into. Where the browser
// has no reader of its own, nothing is shown: the scanner and the keyboard do without this file.

/** @typedef {{rawValue: string}} Code */
/** @typedef {{detect: (picture: any) => Promise<Code[]>}} CodeReader */
/** @typedef {{new (wanted: {formats: string[]}): CodeReader, getSupportedFormats: () => Promise<string[]>}} CodeReaders */
/** @typedef {{form: HTMLFormElement, field: HTMLInputElement, picture: HTMLVideoElement, begin: HTMLElement, end: HTMLElement, told: HTMLElement}} Parts */

const FORMATS = ["data_matrix", "code_128", "ean_13", "upc_a", "itf", "qr_code"];
const EVERY_MS = 200;

/** The formats on cartons that this browser's reader knows; none where it has no reader.
 * @param {CodeReaders | undefined} Reader */
export async function known(Reader) {
  if (!Reader) return [];
  const there = await Reader.getSupportedFormats();
  return FORMATS.filter((one) => there.includes(one));
}

/** @param {number} ms @returns {Promise<void>} */
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** The first code that the reader finds in the picture, or "" once `isOver`.
 * @param {CodeReader} reader @param {unknown} picture @param {() => boolean} isOver */
export async function firstCode(reader, picture, isOver, pause = wait) {
  while (!isOver()) {
    const found = await reader.detect(picture).catch(() => /** @type {Code[]} */ ([]));
    const code = found.find((one) => one.rawValue);
    if (code) return code.rawValue;
    await pause(EVERY_MS);
  }
  return "";
}

/** @param {Parts} parts @param {CodeReaders} Reader @param {string[]} formats */
async function look({ form, field, picture, begin, end, told }, Reader, formats) {
  let over = false;
  end.onclick = () => { over = true; };
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

/** @param {Document} page */
export async function start(page) {
  const Reader = /** @type {CodeReaders | undefined} */ (/** @type {any} */ (globalThis).BarcodeDetector);
  const formats = await known(Reader);
  if (!Reader || !formats.length || !navigator.mediaDevices) return;
  const one = (/** @type {string} */ id) => /** @type {any} */ (page.getElementById(id));
  /** @type {Parts} */
  const parts = {
    form: one("scan-form"), field: one("id_scan"), picture: one("scan-picture"), begin: one("scan-begin"),
    end: one("scan-end"), told: one("scan-told"),
  };
  one("scan-camera").hidden = false;
  parts.begin.onclick = () =>
    look(parts, Reader, formats).catch(() => (parts.told.textContent = "The camera could not be used. Type the code, or use a scanner."));
}

if (globalThis.document?.getElementById?.("scan-camera")) start(document);
