// Smoke test through ioredis. Usage: node smoke_ioredis.js PORT. Prints "ok" at the end.
const assert = require("node:assert");
const Redis = require("ioredis");

async function main() {
  const redis = new Redis({ port: Number(process.argv[2]), host: "127.0.0.1", connectionName: "smoke-ioredis", maxRetriesPerRequest: 1 });
  await redis.flushall();
  assert.strictEqual(await redis.ping(), "PONG");
  assert.strictEqual(await redis.client("GETNAME"), "smoke-ioredis");

  assert.strictEqual(await redis.set("k", Buffer.from([0, 255, 13, 10])), "OK");
  assert.deepStrictEqual(await redis.getBuffer("k"), Buffer.from([0, 255, 13, 10]));
  assert.strictEqual(await redis.set("k", "x", "NX"), null);
  assert.strictEqual(await redis.set("e", "v", "EX", 100), "OK");
  assert.ok((await redis.ttl("e")) > 90);
  assert.strictEqual(await redis.persist("e"), 1);
  assert.strictEqual(await redis.getdel("e"), "v");

  const pairs = Object.fromEntries(Array.from({ length: 100 }, (_, i) => ["m" + i, String(i)]));
  assert.strictEqual(await redis.mset(pairs), "OK");
  assert.deepStrictEqual(await redis.mget(Object.keys(pairs)), Object.values(pairs));
  assert.strictEqual(await redis.incrby("n", 5), 5);
  assert.strictEqual(await redis.incrbyfloat("f", 0.1), "0.1");
  assert.strictEqual(await redis.append("a", "abc"), 3);
  assert.strictEqual(await redis.getrange("a", 1, -1), "bc");
  assert.strictEqual(await redis.setbit("b", 7, 1), 0);
  assert.strictEqual(await redis.bitcount("b"), 1);
  assert.deepStrictEqual(await redis.bitfield("b", "SET", "u8", 0, 200, "GET", "u8", 0), [1, 200]);

  const found = new Set();
  for await (const keys of redis.scanStream({ match: "m1*", count: 7 })) keys.forEach((key) => found.add(key));
  assert.deepStrictEqual([...found].sort(), (await redis.keys("m1*")).sort());

  const pipeline = redis.pipeline();
  for (let i = 0; i < 1000; i++) pipeline.set("p" + i, i).get("p" + i);
  const replies = await pipeline.exec();
  assert.strictEqual(replies.length, 2000);
  replies.forEach(([error, value], i) => assert.ok(error === null && value === (i % 2 ? String(i >> 1) : "OK")));

  await assert.rejects(redis.incr("a"), /^ReplyError: ERR value is not an integer or out of range$/);
  assert.strictEqual(await redis.rename("k", "k2"), "OK");
  assert.strictEqual(await redis.copy("k2", "k3"), 1);
  assert.strictEqual(await redis.move("k3", 5), 1);
  assert.strictEqual(await redis.unlink("m1", "m2", "nothing"), 2);
  assert.strictEqual(await redis.object("ENCODING", "n"), "int");
  assert.match(await redis.info("server"), /redis_version:/);
  assert.deepStrictEqual(await redis.config("GET", "maxmemory"), ["maxmemory", "0"]);
  assert.ok((await redis.command("COUNT")) > 60);

  const other = redis.duplicate({ db: 5 });
  assert.strictEqual(await other.dbsize(), 1);
  await other.quit();
  await redis.flushall();
  assert.strictEqual(await redis.dbsize(), 0);
  assert.strictEqual(await redis.quit(), "OK");
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
