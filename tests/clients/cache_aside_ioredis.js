// Cache-aside with invalidation by the server (CLIENT TRACKING ... REDIRECT), through ioredis. Usage: node cache_aside_ioredis.js PORT SEED. Prints "ok" at
// the end. A reader keeps what it has read until the server says that it has changed, while others write; once all is quiet no value may be stale.
const assert = require("node:assert");
const { setTimeout: sleep, setImmediate: turn } = require("node:timers/promises");
const Redis = require("ioredis");

const options = { port: Number(process.argv[2]), host: "127.0.0.1", maxRetriesPerRequest: 1 };
let state = Number(process.argv[3]) >>> 0;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const keys = Array.from({ length: 50 }, (_, i) => "item:" + i);

class CachedReader {
  constructor() {
    this.data = new Redis(options);
    this.signals = new Redis(options);
    this.cache = new Map();
    this.hits = this.misses = this.invalidations = 0;
  }

  async open() {
    const id = await this.signals.client("ID");
    this.signals.on("message", (channel, message) => {
      assert.strictEqual(channel, "__redis__:invalidate");
      this.invalidations++;
      // Without keys: all of them.
      if (message === "") this.cache.clear();
      else message.split(",").forEach((key) => this.cache.delete(key));
    });
    await this.signals.subscribe("__redis__:invalidate");
    assert.strictEqual(await this.data.client("TRACKING", "ON", "REDIRECT", id), "OK");
    assert.strictEqual(await this.data.client("GETREDIR"), id);
  }

  async get(key) {
    const entry = this.cache.get(key);
    if (entry !== undefined && entry.value !== undefined) {
      this.hits++;
      return entry.value;
    }
    // The two connections are not in step: what is invalidated while it is being read is not kept.
    const pending = {};
    this.cache.set(key, pending);
    this.misses++;
    const value = await this.data.get(key);
    if (this.cache.get(key) === pending) pending.value = value;
    return value;
  }

  close() {
    this.data.disconnect();
    this.signals.disconnect();
  }
}

async function write(count) {
  const own = new Redis(options);
  for (let i = 0; i < count; i++) {
    const key = keys[random(keys.length)];
    const action = random(10);
    if (action === 0) await own.del(key, keys[random(keys.length)]);
    else if (action === 1) await own.mset(key, "m" + i, keys[random(keys.length)], "n" + i);
    else if (action === 2) await own.set(key, "short", "PX", 5);
    else await own.set(key, "v" + i);
  }
  own.disconnect();
}

async function main() {
  const readers = [new CachedReader(), new CachedReader()];
  await Promise.all(readers.map((reader) => reader.open()));
  let writing = true;
  const read = async (reader) => {
    for (let i = 0; writing || i < 200; i++) {
      await Promise.all(Array.from({ length: 8 }, () => reader.get(keys[random(keys.length)])));
      // Hits alone would keep the loop from its sockets.
      await turn();
    }
  };
  const reads = readers.map(read);
  await Promise.all([write(600), write(600)]);
  writing = false;
  await Promise.all(reads);

  // What still expires does so now, and its message comes before the answer to a PING that is sent after it, twice: it may take a hop between loops.
  const check = new Redis(options);
  await sleep(100);
  await check.exists(...keys);
  for (const reader of [...readers, ...readers]) {
    await reader.data.ping();
    await reader.signals.ping();
  }
  for (const reader of readers) {
    let held = 0;
    for (const [key, { value }] of reader.cache) {
      if (value === undefined) continue;
      held++;
      assert.strictEqual(value, await check.get(key), "stale " + key);
    }
    assert.ok(held > 0 && reader.hits > 0 && reader.invalidations > 50, `held ${held}, hits ${reader.hits}, invalidations ${reader.invalidations}`);
  }

  await check.flushall();
  for (const reader of [...readers, ...readers]) {
    await reader.data.ping();
    await reader.signals.ping();
  }
  readers.forEach((reader) => assert.strictEqual(reader.cache.size, 0));
  readers.forEach((reader) => reader.close());
  check.disconnect();
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
