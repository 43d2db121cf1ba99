// What this tablet keeps, in IndexedDB, so that it survives a reload, a crash, a flat battery: facts that the
// server does not have yet, and the last picture of a session for who is signed in. decisions/ says how long.

/** @typedef {import("./outbox.js").Store} Store */
/** @import {Snapshot} from "./snapshot.js" */
/** @typedef {{id: string, name: string}} User */
/** @typedef {{facts: Store, kept: boolean, signedIn: (user: User) => Promise<void>,
 *   remember: (picture: Snapshot) => Promise<boolean>, recall: () => Promise<Snapshot[]>,
 *   prune: (keep: (picture: Snapshot) => boolean) => Promise<void>, forget: () => Promise<void>}} Tablet  `kept` false: nothing outlives this page */

const NAME = "openketamine-outbox";
const WHO = "signed-in";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  const request = indexedDB.open(NAME, 2);
  request.onupgradeneeded = () => {
    const database = request.result;
    const has = (/** @type {string} */ name) => database.objectStoreNames.contains(name);
    if (!has("facts")) database.createObjectStore("facts", { keyPath: "id" });
    if (!has("pictures")) database.createObjectStore("pictures", { keyPath: ["user", "session"] });
    if (!has("who")) database.createObjectStore("who", { keyPath: "id" });
  };
  // A newer page of ours in another tab must not wait for this one.
  request.onsuccess = () => (request.result.onversionchange = () => request.result.close());
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
    request.addEventListener("blocked", () => reject(new Error("an older page of ours is open in another tab")));
  });
}

/** One transaction, done when it is on the disk. @param {IDBDatabase} database @param {string[]} stores
 * @param {(transaction: IDBTransaction) => void | Promise<void>} work @returns {Promise<void>} */
function write(database, stores, work) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, "readwrite", { durability: "strict" });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("this device refused to keep it"));
    work(transaction);
  });
}

/** What this tablet keeps. Where it can keep nothing (a private window, a full disk), it says so: `kept` is false.
 * @returns {Promise<Tablet>} */
export async function openTablet() {
  try {
    return onDisk(await openDatabase());
  } catch {
    return inMemory();
  }
}

/** @param {IDBDatabase} database @returns {Tablet} */
function onDisk(database) {
  const read = (/** @type {string} */ store) => database.transaction(store).objectStore(store);
  return {
    kept: true,
    facts: {
      all: () => done(read("facts").getAll()),
      put: (one) => write(database, ["facts"], (all) => void all.objectStore("facts").put(one)),
      remove: (id) => write(database, ["facts"], (all) => void all.objectStore("facts").delete(id)),
    },
    // Another person signs in: the pictures that the one before saw are gone before theirs begin.
    signedIn: (user) => write(database, ["who", "pictures"], async (all) => {
      const before = await done(all.objectStore("who").get(WHO));
      if (before?.user !== user.id) all.objectStore("pictures").clear();
      all.objectStore("who").put({ id: WHO, user: user.id, name: user.name });
    }),
    // In one transaction with who is signed in, so that a page that is still open after a sign-out keeps nothing.
    remember: async (picture) => {
      let own = false;
      await write(database, ["who", "pictures"], async (all) => {
        own = (await done(all.objectStore("who").get(WHO)))?.user === picture.user;
        if (own) all.objectStore("pictures").put(picture);
      });
      return own;
    },
    recall: async () => {
      const who = await done(read("who").get(WHO));
      /** @type {Snapshot[]} */
      const pictures = await done(read("pictures").getAll());
      return pictures.filter((one) => one.user === who?.user);
    },
    prune: (keep) => write(database, ["pictures"], async (all) => {
      const store = all.objectStore("pictures");
      for (const one of await done(store.getAll())) if (!keep(one)) store.delete([one.user, one.session]);
    }),
    forget: () => write(database, ["who", "pictures"], (all) => {
      all.objectStore("who").clear();
      all.objectStore("pictures").clear();
    }),
  };
}

/** For as long as the page is open, and no longer. @returns {Tablet} */
export function inMemory() {
  /** @type {Map<string, import("./outbox.js").Waiting>} */
  const kept = new Map();
  return {
    kept: false,
    facts: { all: async () => [...kept.values()], put: async (one) => void kept.set(one.id, one), remove: async (id) => void kept.delete(id) },
    signedIn: async () => {},
    remember: async () => false,
    recall: async () => [],
    prune: async () => {},
    forget: async () => {},
  };
}
