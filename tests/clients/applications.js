// Applications on top of a server, with the libraries that they use. Usage: node applications.js APPLICATION PORT [PORT ...]. Prints "ok" at the end.
const assert = require("node:assert");
const crypto = require("node:crypto");
const http = require("node:http");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Redis = require("ioredis");
const { createClient } = require("redis");

const [application, ...ports] = process.argv.slice(2);
const range = (count, map = (i) => i) => Array.from({ length: count }, (_, i) => map(i));
const connect = (port, options = {}) => new Redis({ port: Number(port), host: "127.0.0.1", maxRetriesPerRequest: 1, ...options });

// A lock on a majority of independent servers (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/), released only by its owner.
class Redlock {
  static ttlMs = 400;
  static driftMs = Redlock.ttlMs / 100 + 2;

  constructor(clients) {
    this.clients = clients;
    this.quorum = Math.floor(clients.length / 2) + 1;
  }

  // A token and the moment up to which the lock may be relied on; null: not acquired.
  async acquire(resource) {
    const token = crypto.randomBytes(20).toString("hex");
    const start = performance.now();
    const answers = await Promise.all(this.clients.map((client) =>
      client.set(resource, token, "PX", Redlock.ttlMs, "NX").then((reply) => reply === "OK", () => false)));
    const validUntil = start + Redlock.ttlMs - Redlock.driftMs;
    if (answers.filter(Boolean).length >= this.quorum && performance.now() < validUntil) return { resource, token, validUntil };
    await this.release({ resource, token });
    return null;
  }

  async release({ resource, token }) {
    await Promise.all(this.clients.map(async (client) => {
      try {
        await client.watch(resource);
        if ((await client.get(resource)) === token) await client.multi().del(resource).exec();
        else await client.unwatch();
      } catch {
        // The server did not answer in time: the lock there ends with its time to live.
        client.disconnect(true);
      }
    }));
  }
}

const applications = {
  // Several workers, each with connections of its own, take turns while servers and workers pause at random.
  async redlock() {
    assert.strictEqual(ports.length, 3);
    let owner = null, ownerUntil = 0, entries = 0, latePauses = 0, stop = false;
    const durations = [20, 80, 2 * Redlock.ttlMs];
    const worker = async (name) => {
      const clients = ports.map((port) => connect(port, { commandTimeout: 100, maxRetriesPerRequest: 0 }));
      clients.forEach((client) => client.on("error", () => {}));
      const lock = new Redlock(clients);
      while (!stop) {
        const held = await lock.acquire("resource");
        if (held === null) {
          await sleep(Math.random() * 30);
          continue;
        }
        // While its time runs nobody else may have the lock, whatever the servers do.
        assert.ok(owner === null || performance.now() >= ownerUntil, `${name} got the lock that ${owner} holds`);
        owner = name;
        ownerUntil = held.validUntil;
        entries++;
        await sleep(durations[Math.random() < 0.1 ? 2 : Math.random() < 0.3 ? 1 : 0]);
        if (performance.now() >= held.validUntil) latePauses++;
        if (owner === name) owner = null;
        await lock.release(held);
      }
      clients.forEach((client) => client.disconnect());
    };
    const workers = range(5, (i) => worker("worker " + i));
    const operators = ports.map((port) => connect(port));
    const start = performance.now();
    while (performance.now() < start + 4000 || (entries < 3 && performance.now() < start + 60_000)) {
      const victim = operators[Math.floor(Math.random() * operators.length)];
      await victim.client("PAUSE", 60 + Math.floor(Math.random() * 150), "ALL");
      await sleep(120);
    }
    stop = true;
    await Promise.all(workers);
    operators.forEach((client) => client.disconnect());
    console.log(`${entries} acquisitions, ${latePauses} of them held too long`);
    assert.ok(entries >= 3, `only ${entries} acquisitions`);
  },

  // express-session with connect-redis over node-redis: a counter per visitor, logging out, and a session that ends by itself.
  async sessions() {
    const session = require("express-session");
    const { RedisStore } = require("connect-redis");
    const client = createClient({ url: "redis://127.0.0.1:" + ports[0] });
    await client.connect();
    const store = new RedisStore({ client, prefix: "app:", ttl: 100 });
    const middleware = session({ store, secret: "secret", resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } });
    const server = http.createServer((request, response) => middleware(request, response, async () => {
      const path = request.url;
      if (path === "/out") await new Promise((resolve) => request.session.destroy(resolve));
      else if (path === "/short") request.session.cookie.maxAge = 1000;
      else request.session.views = (request.session.views ?? 0) + 1;
      response.end(String(request.session?.views ?? "none"));
    }));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const visitor = () => {
      let cookie;
      return async (path) => {
        const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: cookie ? { cookie } : {} });
        cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
        return response.text();
      };
    };
    const visitors = range(20, visitor);
    for (let round = 1; round <= 5; round++) {
      const counts = await Promise.all(visitors.map((visit) => visit("/")));
      assert.deepStrictEqual(counts, range(20, () => String(round)));
    }
    assert.strictEqual(await new Promise((resolve, reject) => store.length((e, n) => (e ? reject(e) : resolve(n)))), 20);
    assert.strictEqual((await new Promise((resolve, reject) => store.ids((e, ids) => (e ? reject(e) : resolve(ids))))).length, 20);
    const keys = [];
    for await (const found of client.scanIterator({ MATCH: "app:*", COUNT: 5 })) keys.push(...[found].flat());
    assert.strictEqual(new Set(keys).size, 20);
    const ttl = await client.ttl(keys[0]);
    assert.ok(ttl > 50 && ttl <= 60, "time to live " + ttl);
    await visitors[0]("/out");
    assert.strictEqual(await visitors[0]("/"), "1");
    await visitors[1]("/short");
    await sleep(2100);
    assert.strictEqual(await visitors[1]("/"), "1");
    assert.strictEqual(await visitors[2]("/"), "6");
    await new Promise((resolve, reject) => store.clear((e) => (e ? reject(e) : resolve())));
    assert.strictEqual(await client.dbSize(), 0);
    server.close();
    await client.close();
  },

  // rate-limiter-flexible over ioredis: never more than allowed in a window, however many ask at once.
  async limiter() {
    const { RateLimiterRedis } = require("rate-limiter-flexible");
    const clients = range(3, () => connect(ports[0]));
    const limiters = clients.map((storeClient) => new RateLimiterRedis({ storeClient, keyPrefix: "limit", points: 5, duration: 300 }));
    for (const user of ["a", "b", "c"]) {
      const answers = await Promise.allSettled(range(60, (i) => limiters[i % 3].consume(user)));
      assert.strictEqual(answers.filter((answer) => answer.status === "fulfilled").length, 5);
      assert.deepStrictEqual(answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value.remainingPoints).sort(), range(5));
      for (const answer of answers.filter((answer) => answer.status === "rejected")) {
        assert.ok(answer.reason.msBeforeNext > 0 && answer.reason.msBeforeNext <= 300_000, "next in " + answer.reason.msBeforeNext);
      }
    }
    assert.strictEqual((await limiters[0].get("a")).consumedPoints, 60);
    await limiters[1].reward("a", 57);
    assert.strictEqual((await limiters[2].consume("a")).remainingPoints, 1);
    await limiters[0].penalty("a", 1);
    await assert.rejects(limiters[1].consume("a"));
    await limiters[0].block("b", 1000);
    assert.ok((await limiters[1].get("b")).msBeforeNext > 900_000);
    assert.strictEqual(await limiters[2].delete("b"), true);
    assert.strictEqual((await limiters[2].consume("b")).remainingPoints, 4);

    // A window that ends; nothing is asked of it before.
    const brief = new RateLimiterRedis({ storeClient: clients[0], keyPrefix: "brief", points: 5, duration: 2 });
    assert.strictEqual((await brief.consume("c", 5)).remainingPoints, 0);
    await sleep(2100);
    assert.strictEqual((await brief.consume("c")).remainingPoints, 4);
    clients.forEach((client) => client.disconnect());
  },
};

applications[application]().then(
  () => {
    console.log("ok");
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  });
