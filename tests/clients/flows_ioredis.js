// What applications do with the data types, through ioredis. Usage: node flows_ioredis.js PORT FLOW. Prints "ok" at the end.
const assert = require("node:assert");
const { setTimeout: sleep } = require("node:timers/promises");
const Redis = require("ioredis");

const options = { port: Number(process.argv[2]), host: "127.0.0.1", maxRetriesPerRequest: 1 };
const redis = new Redis(options);
const range = (count, map = (i) => i) => Array.from({ length: count }, (_, i) => map(i));

async function all(pipeline) {
  return (await pipeline.exec()).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

// Runs an action on a connection of its own.
async function apart(action) {
  const own = new Redis(options);
  try {
    return await action(own);
  } finally {
    own.disconnect();
  }
}

const flows = {
  // A reliable queue: a job is moved to a worker's own list while it is worked on, and removed from it when done.
  async queue() {
    assert.strictEqual(await redis.brpoplpush("jobs", "work:a", 0.1), null);
    const moved = apart((own) => own.blmove("jobs", "work:a", "RIGHT", "LEFT", 10));
    await sleep(100);
    assert.strictEqual(await redis.lpush("jobs", "first"), 1);
    assert.strictEqual(await moved, "first");
    assert.strictEqual(await redis.lrem("work:a", 1, "first"), 1);
    assert.strictEqual(await redis.exists("jobs", "work:a"), 0);

    // Nobody ends before the jobs are there, and the last of them are left to the one who is to crash, however slow it may be.
    let isPushed = false, hasCrashed = false;
    const work = (name, crashAfter) => apart(async (own) => {
      const done = [];
      for (;;) {
        while (crashAfter === Infinity && isPushed && !hasCrashed && (await own.llen("jobs")) < 40) await sleep(5);
        const job = await own.brpoplpush("jobs", "work:" + name, 0.3);
        if (job === null && !(isPushed && hasCrashed)) continue;
        if (done.length === crashAfter) hasCrashed = true;
        if (job === null || done.length === crashAfter) return done;
        done.push(job);
        assert.strictEqual(await own.lrem("work:" + name, 1, job), 1);
      }
    });
    const workers = [work("a", Infinity), work("b", Infinity), work("c", 10)];
    const jobs = range(300, (i) => "job:" + i);
    await all(jobs.reduce((pipeline, job) => pipeline.lpush("jobs", job), redis.pipeline()));
    isPushed = true;
    const done = await Promise.all(workers);
    assert.strictEqual(done[2].length, 10);
    const left = await redis.lrange("work:c", 0, -1);
    assert.strictEqual(left.length, 1);
    assert.strictEqual(await redis.rpoplpush("work:c", "jobs"), left[0]);
    done.push(await work("a", Infinity));
    assert.deepStrictEqual(done[3], left);
    assert.deepStrictEqual(done.flat().sort(), jobs.sort());
    assert.strictEqual(await redis.exists("jobs", "work:a", "work:b", "work:c"), 0);
  },

  // A consumer group: one consumer crashes, and another claims what it had not acknowledged.
  async groups() {
    assert.strictEqual(await redis.xgroup("CREATE", "orders", "billing", "$", "MKSTREAM"), "OK");
    const read = apart((own) => own.xreadgroup("GROUP", "billing", "alice", "COUNT", 1, "BLOCK", 10000, "STREAMS", "orders", ">"));
    await sleep(100);
    const first = await redis.xadd("orders", "*", "n", 0);
    assert.deepStrictEqual(await read, [["orders", [[first, ["n", "0"]]]]]);
    assert.strictEqual(await redis.xack("orders", "billing", first), 1);
    const ids = await all(range(100).reduce((pipeline, i) => pipeline.xadd("orders", "*", "n", i + 1, "text", "x".repeat(i)), redis.pipeline()));
    const [[, taken]] = await apart((own) => own.xreadgroup("GROUP", "billing", "bob", "COUNT", 60, "STREAMS", "orders", ">"));
    assert.deepStrictEqual(taken.map(([id]) => id), ids.slice(0, 60));
    assert.deepStrictEqual(await redis.xpending("orders", "billing"), [60, ids[0], ids[59], [["bob", "60"]]]);
    assert.deepStrictEqual(await redis.xclaim("orders", "billing", "carol", 0, ids[0], ids[1], "JUSTID"), [ids[0], ids[1]]);
    const [next, swept] = await redis.xautoclaim("orders", "billing", "carol", 0, "0", "COUNT", 10);
    assert.deepStrictEqual([next, swept.length, swept[2]], [ids[10], 10, [ids[2], ["n", "3", "text", "xx"]]]);
    assert.deepStrictEqual((await redis.xpending("orders", "billing", "-", "+", 1, "carol"))[0].toSpliced(2, 1), [ids[0], "carol", 2]);
    assert.strictEqual(await redis.xack("orders", "billing", ...ids.slice(0, 60)), 60);
    const [[, rest]] = await redis.xreadgroup("GROUP", "billing", "carol", "STREAMS", "orders", ">");
    assert.deepStrictEqual(rest.map(([id]) => id), ids.slice(60));
    assert.strictEqual(await redis.xack("orders", "billing", ...ids.slice(60)), 40);
    const [group] = await redis.xinfo("GROUPS", "orders");
    const info = Object.fromEntries(range(group.length / 2, (i) => [group[2 * i], group[2 * i + 1]]));
    assert.deepStrictEqual([info.pending, info["last-delivered-id"], info.lag], [0, ids[99], 0]);
    assert.deepStrictEqual((await redis.xrange("orders", ids[50], "+", "COUNT", 2)).map(([id]) => id), ids.slice(50, 52));
    assert.strictEqual(await redis.xtrim("orders", "MINID", ids[90]), 91);
    assert.strictEqual(await redis.xlen("orders"), 10);
  },

  // A rate limiter: a counter per window that expires, and a window that slides.
  async limiter() {
    const allowed = async (user, limit) => (await all(redis.pipeline().incr("rate:" + user).expire("rate:" + user, 60, "NX")))[0] <= limit;
    const answers = [];
    for (let i = 0; i < 8; i++) answers.push(await allowed("ann", 5));
    assert.deepStrictEqual(answers, [true, true, true, true, true, false, false, false]);
    assert.ok((await redis.ttl("rate:ann")) > 50);
    await redis.pexpire("rate:ann", 30);
    await sleep(100);
    assert.strictEqual(await allowed("ann", 1), true);
    const counts = [];
    for (const now of [1000, 1001, 1002, 2001])
      counts.push((await all(redis.pipeline().zremrangebyscore("slide", 0, now - 1000).zadd("slide", now, now).zcard("slide")))[2]);
    assert.deepStrictEqual(counts, [1, 2, 3, 2]);
  },

  // Sessions as hashes.
  async sessions() {
    await all(range(200).reduce((pipeline, i) => pipeline.hset("session:" + i, { user: "u" + i, views: 0 }).expire("session:" + i, 1800), redis.pipeline()));
    assert.deepStrictEqual(await redis.hgetall("session:7"), { user: "u7", views: "0" });
    assert.strictEqual(await redis.hincrby("session:7", "views", 3), 3);
    assert.deepStrictEqual(await redis.hmget("session:7", "user", "nothing", "views"), ["u7", null, "3"]);
    assert.deepStrictEqual(await redis.hgetBuffer("session:7", "user"), Buffer.from("u7"));
    const fields = Object.fromEntries(range(1000, (i) => ["f" + i, String(i)]));
    assert.strictEqual(await redis.hset("session:big", fields), 1000);
    assert.deepStrictEqual(await redis.hgetall("session:big"), fields);
    const found = new Map();
    for await (const part of redis.hscanStream("session:big", { match: "f1*", count: 50 })) for (let i = 0; i < part.length; i += 2) found.set(part[i], part[i + 1]);
    assert.strictEqual(found.size, 111);
    assert.strictEqual(await redis.hdel("session:7", "user", "views"), 2);
    assert.deepStrictEqual(await redis.hgetall("session:7"), {});
    assert.strictEqual(await redis.unlink(range(200, (i) => "session:" + i)), 199);
  },

  // Scores, ranks, neighbours, and boards of two weeks in one.
  async leaderboard() {
    const scores = new Map(range(1000, (i) => ["p" + String(i).padStart(4, "0"), (i * 7919) % 10000]));
    assert.strictEqual(await redis.zadd("week:1", ...[...scores].flatMap(([player, score]) => [score, player])), 1000);
    const order = [...scores.keys()].sort((a, b) => scores.get(b) - scores.get(a) || (a < b ? 1 : -1));
    assert.deepStrictEqual(await redis.zrevrange("week:1", 0, 99), order.slice(0, 100));
    const rank = await redis.zrevrank("week:1", "p0500");
    assert.strictEqual(rank, order.indexOf("p0500"));
    assert.deepStrictEqual(await redis.zrevrange("week:1", Math.max(0, rank - 10), rank + 10), order.slice(Math.max(0, rank - 10), rank + 11));
    assert.deepStrictEqual(await redis.zrange("week:1", "(9990", "+inf", "BYSCORE", "WITHSCORES"),
      order.filter((p) => scores.get(p) > 9990).reverse().flatMap((p) => [p, String(scores.get(p))]));
    assert.strictEqual(await redis.zincrby("week:1", 0.5, "p0500"), String(scores.get("p0500") + 0.5));
    assert.strictEqual(await redis.zadd("week:2", 1, "p0000", 2, "new"), 2);
    assert.strictEqual(await redis.zunionstore("month", 2, "week:1", "week:2", "WEIGHTS", 1, 10), 1001);
    assert.strictEqual(await redis.zscore("month", "p0000"), "10");
    assert.deepStrictEqual(await redis.zinter(2, "week:1", "week:2", "WITHSCORES"), ["p0000", "1"]);
    assert.deepStrictEqual(await redis.zpopmin("week:2"), ["p0000", "1"]);
    assert.strictEqual(await redis.zlexcount("week:2", "-", "+"), 1);
  },

  // Places around a point.
  async geo() {
    assert.strictEqual(await redis.geoadd("Sicily", 13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"), 2);
    assert.strictEqual(await redis.geodist("Sicily", "Palermo", "Catania"), "166274.1516");
    assert.deepStrictEqual(await redis.geopos("Sicily", "Palermo", "nowhere"), [["13.36138933897018433", "38.11555639549629859"], null]);
    assert.deepStrictEqual(await redis.geohash("Sicily", "Palermo"), ["sqc8b49rny0"]);
    const found = await redis.geosearch("Sicily", "FROMLONLAT", 15, 37, "BYBOX", 400, 400, "km", "ASC", "WITHCOORD", "WITHDIST");
    assert.deepStrictEqual(found.map(([name, distance]) => [name, distance]), [["Catania", "56.4413"], ["Palermo", "190.4424"]]);
    assert.deepStrictEqual(await redis.georadius("Sicily", 15, 37, 100, "km"), ["Catania"]);
    assert.strictEqual(await redis.geosearchstore("near", "Sicily", "FROMMEMBER", "Palermo", "BYRADIUS", 10, "km"), 1);
    assert.deepStrictEqual(await redis.zrange("near", 0, -1), ["Palermo"]);
  },

  // Unique visitors per day and week.
  async visitors() {
    for (let day = 0; day < 7; day++)
      await all(range(100).reduce((pipeline, i) => pipeline.pfadd("day:" + day, ...range(50, (j) => "v" + (day * 2500 + i * 50 + j))), redis.pipeline()));
    const days = range(7, (day) => "day:" + day);
    const week = await redis.pfcount(...days);
    assert.ok(Math.abs(week - 20000) < 800, String(week));
    assert.ok(Math.abs((await redis.pfcount("day:3")) - 5000) < 200);
    assert.strictEqual(await redis.pfmerge("week", ...days), "OK");
    assert.strictEqual(await redis.pfcount("week"), week);
    assert.strictEqual((await redis.getBuffer("week")).subarray(0, 4).toString(), "HYLL");
    assert.strictEqual(await redis.pfadd("day:0", "v0"), 0);
  },

  // Tags as sets: what several have in common, across keys.
  async tags() {
    const multiples = (d) => range(Math.ceil(3000 / d), (i) => "n" + i * d);
    for (const d of [2, 3, 5]) assert.strictEqual(await redis.sadd("by" + d, multiples(d)), multiples(d).length);
    assert.deepStrictEqual((await redis.sinter("by2", "by3", "by5")).sort(), multiples(30).sort());
    assert.strictEqual((await redis.sunion("by2", "by3")).length, 2000);
    assert.strictEqual(await redis.sdiffstore("odd", "by3", "by2"), 500);
    assert.strictEqual(await redis.sintercard(2, "by2", "by3"), 500);
    const seen = new Set();
    for await (const part of redis.sscanStream("by5", { count: 100 })) part.forEach((member) => seen.add(member));
    assert.deepStrictEqual([...seen].sort(), multiples(5).sort());
    assert.strictEqual((await redis.spop("by5", 1000)).length, 600);
    assert.strictEqual(await redis.exists("by5"), 0);
  },

  // A timeline of the last hundred posts, read page by page.
  async timeline() {
    await all(range(250).reduce((pipeline, i) => pipeline.lpush("timeline", "post:" + i).ltrim("timeline", 0, 99), redis.pipeline()));
    assert.deepStrictEqual(await redis.lrange("timeline", 0, 19), range(20, (i) => "post:" + (249 - i)));
    assert.deepStrictEqual(await redis.lrange("timeline", -2, -1), ["post:151", "post:150"]);
    assert.strictEqual(await redis.lpos("timeline", "post:200"), 49);
    assert.strictEqual(await redis.linsert("timeline", "AFTER", "post:200", "advert"), 101);
    assert.deepStrictEqual(await redis.lmpop(2, "none", "timeline", "LEFT", "COUNT", 2), ["timeline", ["post:249", "post:248"]]);
  },

  // Delayed jobs in a sorted set, and workers that wait for any of several lists.
  async scheduler() {
    await redis.zadd("delayed", ...range(100).flatMap((i) => [i, "job" + i]));
    const due = await redis.zrangebyscore("delayed", "-inf", 49);
    const takers = range(3, () => apart(async (own) => {
      const taken = [];
      for (const job of due) if ((await own.zrem("delayed", job)) === 1) taken.push(job);
      return taken;
    }));
    assert.deepStrictEqual((await Promise.all(takers)).flat().sort(), due.sort());
    assert.deepStrictEqual(await redis.bzpopmin("nothing", "delayed", 1), ["delayed", "job50", "50"]);
    const urgent = apart((own) => own.blpop("urgent", "normal", 10));
    await sleep(100);
    await redis.rpush("normal", "n1", "n2");
    assert.deepStrictEqual(await urgent, ["normal", "n1"]);
    await redis.rpush("urgent", "u1");
    assert.deepStrictEqual(await redis.blpop("urgent", "normal", 1), ["urgent", "u1"]);
    assert.strictEqual(await redis.bzpopmax("nothing", 0.05), null);
  },

  // Rooms are channels; a moderator listens to all of them by a pattern.
  async chat() {
    const rooms = ["room:cats", "room:dogs"];
    const people = range(4, () => new Redis(options));
    const heard = people.map(() => []);
    people.forEach((person, i) => person.on("message", (channel, text) => heard[i].push([channel, text])));
    for (const [i, person] of people.entries()) assert.strictEqual(await person.subscribe(rooms[i % 2], "announcements"), 2);
    const moderator = new Redis(options);
    const everything = [];
    moderator.on("pmessageBuffer", (pattern, channel, text) => everything.push([pattern, channel.toString(), text.toString()]));
    assert.strictEqual(await moderator.psubscribe("room:*"), 1);
    assert.deepStrictEqual((await redis.pubsub("CHANNELS", "room:*")).sort(), rooms);
    assert.deepStrictEqual(await redis.pubsub("NUMSUB", "announcements", ...rooms), ["announcements", 4, "room:cats", 2, "room:dogs", 2]);
    assert.strictEqual(await redis.pubsub("NUMPAT"), 1);

    const pipeline = redis.pipeline();
    for (let i = 0; i < 100; i++) pipeline.publish(rooms[i % 2], `line ${i}`);
    assert.deepStrictEqual(await all(pipeline), range(100, () => 3));
    assert.strictEqual(await redis.publish("announcements", "closing time"), 4);
    while (heard.some((lines) => !lines.some(([channel]) => channel === "announcements")) || everything.length < 100) await sleep(5);
    for (let i = 0; i < 4; i++) {
      const lines = heard[i].filter(([channel]) => channel !== "announcements");
      assert.deepStrictEqual(lines, range(50, (n) => [rooms[i % 2], `line ${2 * n + (i % 2)}`]));
    }
    for (const room of rooms) {
      const lines = everything.filter(([, channel]) => channel === room).map(([, , text]) => text);
      assert.deepStrictEqual(lines, range(50, (n) => `line ${2 * n + rooms.indexOf(room)}`));
    }

    // A subscriber may still ping, leave rooms, and come back to ordinary commands when it has left all.
    assert.strictEqual(await people[0].unsubscribe("announcements"), 1);
    await assert.rejects(people[0].get("k"));
    assert.strictEqual(await people[0].unsubscribe(), 0);
    assert.strictEqual(await people[0].get("k"), null);
    [...people, moderator].forEach((person) => person.disconnect());
    while ((await redis.pubsub("CHANNELS")).length > 0 || (await redis.pubsub("NUMPAT")) > 0) await sleep(5);
    assert.strictEqual(await redis.publish("room:cats", "anybody?"), 0);
  },
};

async function main() {
  await redis.flushall();
  await flows[process.argv[3]]();
  await redis.flushall();
  redis.disconnect();
  console.log("ok");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
