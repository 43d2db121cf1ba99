// The outbox on the disk of this device: IndexedDB, so that it survives a reload, a crash, a flat battery.

/** @typedef {import("./outbox.js").Store} Store */

const NAME = "openketamine-outbox";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("facts", { keyPath: "id" });
  return done(request);
}

/** The facts of one session that wait on this device. @param {string} session @returns {Promise<Store>} */
export async function openStore(session) {
  const database = await open();
  /** @param {IDBTransactionMode} mode @param {(facts: IDBObjectStore) => void} work @returns {Promise<void>} */
  const write = (mode, work) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction("facts", mode, { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore("facts"));
    });
  return {
    all: async () => {
      const facts = await done(database.transaction("facts").objectStore("facts").getAll());
      return facts.filter((one) => one.session === session);
    },
    put: (one) => write("readwrite", (facts) => facts.put(one)),
    remove: (id) => write("readwrite", (facts) => facts.delete(id)),
  };
}
