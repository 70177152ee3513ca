// Smoke test through node-redis, over RESP2 and RESP3. Usage: node smoke_node_redis.js PORT. Prints "ok" at the end.
const assert = require("node:assert");
const { createClient } = require("redis");

async function run(RESP) {
  const client = createClient({ RESP, name: "smoke-node-redis", socket: { port: Number(process.argv[2]), host: "127.0.0.1", reconnectStrategy: false } });
  await client.connect();
  await client.flushAll();
  assert.strictEqual(await client.ping(), "PONG");
  assert.strictEqual(await client.clientGetName(), "smoke-node-redis");

  assert.strictEqual(await client.set("k", "v"), "OK");
  assert.strictEqual(await client.get("k"), "v");
  assert.strictEqual(await client.get("nothing"), null);
  assert.strictEqual(await client.set("k", "w", { NX: true }), null);
  assert.strictEqual(await client.set("e", "v", { EX: 100 }), "OK");
  assert.ok((await client.ttl("e")) > 90);
  assert.strictEqual(await client.getDel("e"), "v");

  const names = Array.from({ length: 100 }, (_, i) => "m" + i);
  assert.strictEqual(await client.mSet(names.map((name, i) => [name, String(i)])), "OK");
  assert.deepStrictEqual(await client.mGet(names), names.map((_, i) => String(i)));
  assert.strictEqual(await client.incrBy("n", 5), 5);
  assert.strictEqual(await client.append("a", "abc"), 3);
  assert.strictEqual(await client.getRange("a", 1, -1), "bc");
  await client.mSet(["{l}1", "ohmytext", "{l}2", "mynewtext"]);
  assert.strictEqual(await client.lcs("{l}1", "{l}2"), "mytext");
  assert.strictEqual(await client.lcsLen("{l}1", "{l}2"), 6);
  assert.strictEqual(await client.setBit("b", 7, 1), 0);
  assert.strictEqual(await client.bitCount("b"), 1);

  const found = new Set();
  for await (const keys of client.scanIterator({ MATCH: "m1*", COUNT: 7 })) [].concat(keys).forEach((key) => found.add(key));
  assert.deepStrictEqual([...found].sort(), (await client.keys("m1*")).sort());

  // Commands of one tick go out as one pipeline.
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => [client.set("p" + i, String(i)), client.get("p" + i)]).flat());
  replies.forEach((value, i) => assert.strictEqual(value, i % 2 ? String(i >> 1) : "OK"));

  await assert.rejects(client.incr("a"), /ERR value is not an integer or out of range/);
  assert.strictEqual(await client.rename("k", "k2"), "OK");
  assert.strictEqual(Number(await client.copy("k2", "k3")), 1);
  assert.strictEqual(Number(await client.move("k3", 5)), 1);
  assert.strictEqual(await client.unlink(["m1", "m2", "nothing"]), 2);
  assert.deepStrictEqual({ ...(await client.configGet("maxmemory")) }, { maxmemory: "0" });
  assert.match(await client.info("server"), /redis_version:/);
  assert.ok((await client.commandCount()) > 60);
  await client.select(5);
  assert.strictEqual(await client.dbSize(), 1);
  await client.flushAll();
  assert.strictEqual(await client.dbSize(), 0);
  await client.close();
}

run(2)
  .then(() => run(3))
  .then(() => console.log("ok"))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
