"""What applications do with the data types, through Debian's python3-redis. Usage: flows_redis_py.py PORT FLOW. Prints "ok" at the end."""
import sys
import threading
import time

import redis

PORT = int(sys.argv[1])


def connect(**options):
    return redis.Redis(port=PORT, decode_responses=True, **options)


client = connect()


def in_background(action):
    """Runs an action on a connection of its own; the result is in the list when the thread has ended."""
    result = []
    thread = threading.Thread(target=lambda: result.append(action(connect())))
    thread.start()
    return thread, result


def queue():
    """A reliable queue: a job is moved to a worker's own list while it is worked on, and removed from it when done."""
    assert client.blmove("jobs", "work:a", 0.1, "RIGHT", "LEFT") is None
    waiting, moved = in_background(lambda c: c.brpoplpush("jobs", "work:a", timeout=10))
    time.sleep(0.1)
    assert client.lpush("jobs", "first") == 1
    waiting.join()
    assert moved == ["first"] and client.lrange("work:a", 0, -1) == ["first"] and client.exists("jobs") == 0
    assert client.lrem("work:a", 1, "first") == 1 and client.exists("work:a") == 0

    pipe = client.pipeline(transaction=False)
    for i in range(300):
        pipe.lpush("jobs", f"job:{i}")
    assert pipe.execute() == list(range(1, 301))

    # The last jobs are left to the one who is to crash, however slow it may be.
    crashed = threading.Event()

    def work(name, crash_after):
        def run(own):
            done = []
            while True:
                while crash_after == 10**9 and not crashed.is_set() and own.llen("jobs") < 60:
                    time.sleep(0.005)
                job = own.blmove("jobs", f"work:{name}", 0.2, "RIGHT", "LEFT")
                if job is None:
                    return done
                if len(done) == crash_after:
                    crashed.set()
                    own.close()
                    return done
                done.append(job)
                assert own.lrem(f"work:{name}", 1, job) == 1
        return run

    workers = [in_background(work("a", 10**9)), in_background(work("b", 10**9)), in_background(work("c", 20))]
    for thread, _ in workers:
        thread.join()
    done = [result[0] for _, result in workers]
    assert len(done[2]) == 20 and client.llen("work:c") == 1
    left = client.lrange("work:c", 0, -1)[0]
    assert client.lmove("work:c", "jobs", "RIGHT", "RIGHT") == left
    done.append(work("a", 10**9)(connect()))
    assert done[3] == [left]
    assert sorted(j for part in done for j in part) == sorted(f"job:{i}" for i in range(300))
    assert done[0] == sorted(done[0], key=lambda j: int(j[4:])), "each worker gets jobs in their order"
    assert client.exists("jobs", "work:a", "work:b", "work:c") == 0


def groups():
    """A consumer group: one consumer crashes, and another claims what it had not acknowledged."""
    assert client.xgroup_create("orders", "billing", id="0", mkstream=True) is True
    try:
        client.xgroup_create("orders", "billing")
        raise AssertionError("the group exists")
    except redis.ResponseError as error:
        assert str(error) == "BUSYGROUP Consumer Group name already exists", error
    waiting, read = in_background(lambda c: c.xreadgroup("billing", "alice", {"orders": ">"}, count=1, block=10_000))
    time.sleep(0.1)
    first = client.xadd("orders", {"n": "0", "kind": "book"})
    waiting.join()
    assert read == [[["orders", [(first, {"n": "0", "kind": "book"})]]]], read
    assert client.xack("orders", "billing", first) == 1

    ids = [client.xadd("orders", {"n": str(i)}) for i in range(1, 101)]
    assert ids == sorted(ids, key=lambda i: tuple(map(int, i.split("-"))))
    [[_, taken]] = client.xreadgroup("billing", "alice", {"orders": ">"}, count=40)
    [[_, lost]] = client.xreadgroup("billing", "bob", {"orders": ">"}, count=40)
    assert [i for i, _ in taken] == ids[:40] and [i for i, _ in lost] == ids[40:80]
    assert client.xack("orders", "billing", *[i for i, _ in taken]) == 40
    assert client.xack("orders", "billing", ids[0]) == 0
    summary = client.xpending("orders", "billing")
    assert summary == {"pending": 40, "min": ids[40], "max": ids[79], "consumers": [{"name": "bob", "pending": 40}]}, summary

    # Bob has crashed. Carol claims one entry by its id, and sweeps the others.
    claimed = client.xclaim("orders", "billing", "carol", 0, [ids[40]])
    assert claimed == [(ids[40], {"n": "41"})]
    [detail] = client.xpending_range("orders", "billing", ids[40], ids[40], 1)
    assert (detail["consumer"], detail["times_delivered"]) == ("carol", 2)
    assert client.xclaim("orders", "billing", "dave", 100_000, [ids[41]]) == []
    start, swept = "0-0", []
    while True:
        reply = client.xautoclaim("orders", "billing", "carol", 0, start_id=start, count=7)
        swept += [i for i, _ in reply[1]]
        start = reply[0]
        if start == "0-0":
            break
    assert swept == ids[40:80]
    assert [i for i, _ in client.xreadgroup("billing", "carol", {"orders": "0"})[0][1]] == ids[40:80]
    assert client.xack("orders", "billing", *swept) == 40
    [[_, rest]] = client.xreadgroup("billing", "carol", {"orders": ">"})
    assert len(rest) == 20 and client.xack("orders", "billing", *[i for i, _ in rest]) == 20
    [info] = client.xinfo_groups("orders")
    assert (info["pending"], info["consumers"], info["last-delivered-id"], info["entries-read"], info["lag"]) == (0, 3, ids[-1], 101, 0), info
    assert sorted(c["name"] for c in client.xinfo_consumers("orders", "billing")) == ["alice", "bob", "carol"]
    assert client.xgroup_delconsumer("orders", "billing", "bob") == 0
    assert client.xtrim("orders", maxlen=10, approximate=False) == 91 and client.xlen("orders") == 10
    assert [i for i, _ in client.xrevrange("orders", count=3)] == ids[:-4:-1]
    assert client.xdel("orders", ids[-1]) == 1
    assert client.xinfo_stream("orders")["last-generated-id"] == ids[-1]
    assert client.xread({"orders": "$"}, block=50) == []


def limiter():
    """A rate limiter: a counter per window that expires, and a window that slides."""
    def allowed(user, limit):
        pipe = client.pipeline(transaction=False)
        pipe.incr(f"rate:{user}").expire(f"rate:{user}", 60, nx=True)
        return pipe.execute()[0] <= limit

    assert [allowed("ann", 5) for _ in range(8)] == [True] * 5 + [False] * 3
    assert all(allowed(f"user{i}", 1) for i in range(50))
    assert 50 < client.ttl("rate:ann") <= 60
    assert client.pexpire("rate:ann", 30) is True
    time.sleep(0.1)
    assert allowed("ann", 1) is True

    def slide(user, now_ms, limit):
        pipe = client.pipeline(transaction=False)
        pipe.zremrangebyscore(f"slide:{user}", 0, now_ms - 1000).zadd(f"slide:{user}", {f"{now_ms}": now_ms}).zcard(f"slide:{user}").pexpire(f"slide:{user}", 60_000)
        return pipe.execute()[2] <= limit

    assert [slide("bea", 10_000 + i, 3) for i in range(5)] == [True] * 3 + [False] * 2
    assert slide("bea", 11_003, 3) is True and client.zrange("slide:bea", 0, -1) == ["10004", "11003"]


def sessions():
    """Sessions as hashes."""
    for i in range(200):
        key = f"session:{i}"
        assert client.hset(key, mapping={"user": f"u{i}", "views": 0, "agent": "Mozilla/5.0 " + "x" * (i % 100)}) == 3
        assert client.expire(key, 1800) is True
    assert client.hgetall("session:7") == {"user": "u7", "views": "0", "agent": "Mozilla/5.0 " + "x" * 7}
    assert client.hincrby("session:7", "views") == 1 and client.hincrbyfloat("session:7", "score", 0.5) == 0.5
    assert client.hmget("session:7", "user", "nothing", "views") == ["u7", None, "1"]
    assert client.hsetnx("session:7", "user", "thief") == 0 and client.hget("session:7", "user") == "u7"
    assert client.hexists("session:7", "agent") is True and client.hstrlen("session:7", "user") == 2
    assert client.object("encoding", "session:7") == "hashtable" or client.object("encoding", "session:7") == "listpack"
    assert client.hset("session:7", "cart", "x" * 100) == 1 and client.object("encoding", "session:7") == "hashtable"
    assert 1700 < client.ttl("session:7") <= 1800
    assert client.hset("session:big", mapping={f"f{i}": i for i in range(1000)}) == 1000
    assert dict(client.hscan_iter("session:big", match="f1*", count=50)) == {f"f{i}": str(i) for i in range(1000) if str(i).startswith("1")}
    assert sorted(client.hkeys("session:big")) == sorted(f"f{i}" for i in range(1000)) and client.hlen("session:big") == 1000
    assert client.hdel("session:7", "user", "views", "agent", "score", "cart", "none") == 5 and client.exists("session:7") == 0
    assert client.unlink(*[f"session:{i}" for i in range(200)]) == 199


def leaderboard():
    """Scores, ranks, neighbours, and boards of several weeks in one."""
    players = {f"p{i:04}": (i * 7919) % 10_000 for i in range(1000)}
    assert client.zadd("week:1", players) == 1000
    order = sorted(players, key=lambda p: (players[p], p), reverse=True)
    assert client.zrevrange("week:1", 0, 9, withscores=True) == [(p, float(players[p])) for p in order[:10]]
    for p in ("p0000", "p0500", order[0], order[-1]):
        assert client.zrevrank("week:1", p) == order.index(p) and client.zrank("week:1", p) == 999 - order.index(p)
    rank = order.index("p0500")
    assert client.zrevrange("week:1", max(0, rank - 10), rank + 10) == order[max(0, rank - 10):rank + 11]
    assert client.zincrby("week:1", 20_000, "p0500") == players["p0500"] + 20_000 and client.zrevrank("week:1", "p0500") == 0
    players["p0500"] += 20_000
    assert client.zcount("week:1", 5000, "(6000") == sum(5000 <= s < 6000 for s in players.values())
    assert client.zrangebyscore("week:1", "-inf", 100, start=0, num=5) == sorted((p for p in players if players[p] <= 100), key=lambda p: (players[p], p))[:5]
    assert client.zadd("week:1", {"p0500": 1}, gt=True) == 0 and client.zscore("week:1", "p0500") == players["p0500"]
    assert client.zmscore("week:1", ["p0001", "nobody"]) == [float(players["p0001"]), None]
    second = {f"p{i:04}": i / 4 for i in range(500, 1500)}
    assert client.zadd("week:2", second) == 1000
    assert client.zunionstore("month", {"week:1": 1, "week:2": 2}) == 1500
    both = {p: players.get(p, 0) + 2 * second.get(p, 0) for p in players.keys() | second.keys()}
    assert dict(client.zrange("month", 0, -1, withscores=True)) == both
    assert client.zinterstore("steady", ["week:1", "week:2"], aggregate="MIN") == 500
    assert dict(client.zrange("steady", 0, -1, withscores=True)) == {p: min(players[p], second[p]) for p in players.keys() & second.keys()}
    assert client.zpopmax("week:1", 2) == [(p, float(players[p])) for p in sorted(players, key=lambda p: (players[p], p), reverse=True)[:2]]
    assert client.zremrangebyrank("week:1", 0, -101) == 898 and client.zcard("week:1") == 100
    assert {m for m, _ in client.zscan_iter("week:1", count=10)} == set(client.zrange("week:1", 0, -1))


def geo():
    """Places around a point."""
    assert client.geoadd("Sicily", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")) == 2
    assert client.geodist("Sicily", "Palermo", "Catania", "km") == 166.2742 and client.geodist("Sicily", "Palermo", "nowhere") is None
    assert client.geohash("Sicily", "Palermo", "Catania") == ["sqc8b49rny0", "sqdtr74hyu0"]
    [(lon, lat), nothing] = client.geopos("Sicily", "Palermo", "nowhere")
    assert abs(lon - 13.361389) < 1e-5 and abs(lat - 38.115556) < 1e-5 and nothing is None
    assert client.geosearch("Sicily", longitude=15, latitude=37, radius=200, unit="km", sort="ASC") == ["Catania", "Palermo"]
    found = client.geosearch("Sicily", member="Palermo", width=400, height=400, unit="km", withdist=True, sort="DESC")
    assert found == [["Catania", 166.2742], ["Palermo", 0.0]], found
    grid = [value for x in range(40) for y in range(40) for value in (x / 10, 45 + y / 10, f"{x}:{y}")]
    assert client.geoadd("grid", grid) == 1600
    near = client.geosearch("grid", longitude=2.0, latitude=47.0, radius=12, unit="km", sort="ASC")
    assert near[0] == "20:20" and set(near) == {"20:20", "20:21", "20:19", "21:20", "19:20"}, near
    assert client.geosearch("grid", longitude=2.0, latitude=47.0, radius=12, unit="km", sort="ASC", count=1) == ["20:20"]
    assert client.geosearchstore("near", "grid", longitude=2.0, latitude=47.0, radius=12, unit="km", storedist=True) == 5
    assert client.zscore("near", "20:20") < 0.001 and 11 < client.zscore("near", "20:21") < 11.2


def visitors():
    """Unique visitors per day and week."""
    for day in range(7):
        pipe = client.pipeline(transaction=False)
        for i in range(0, 5000, 50):
            pipe.pfadd(f"day:{day}", *[f"visitor{day * 2500 + i + j}" for j in range(50)])
        pipe.execute()
    assert client.pfadd("day:0", "visitor0") == 0 and client.pfadd("few", "a", "b", "c") == 1 and client.pfcount("few") == 3
    for day in range(7):
        assert abs(client.pfcount(f"day:{day}") - 5000) < 5000 * 0.04
    week = client.pfcount(*[f"day:{day}" for day in range(7)])
    assert abs(week - 20_000) < 20_000 * 0.04, week
    assert client.pfmerge("week", *[f"day:{day}" for day in range(7)]) is True and client.pfcount("week") == week
    assert client.type("week") == "string"


def tags():
    """Tags and followers as sets: what several have in common, across keys."""
    numbers = {d: {f"n{i}" for i in range(0, 3000, d)} for d in (2, 3, 5)}
    for d, members in numbers.items():
        assert client.sadd(f"by{d}", *members) == len(members)
    assert client.sinter("by2", "by3", "by5") == numbers[2] & numbers[3] & numbers[5]
    assert client.sunion("by2", "by3") == numbers[2] | numbers[3] and client.sdiff("by2", "by3", "by5") == numbers[2] - numbers[3] - numbers[5]
    assert client.sinterstore("by6", "by2", "by3") == 500 and client.sintercard(2, ["by2", "by3"], limit=10) == 10
    assert client.smismember("by2", ["n2", "n3"]) == [1, 0] and client.smove("by2", "by3", "n2") is True and client.sismember("by3", "n2")
    assert set(client.sscan_iter("by5", count=100)) == numbers[5]
    chosen = client.srandmember("by5", 20)
    assert len(set(chosen)) == 20 and set(chosen) <= numbers[5]
    winners = [client.spop("by5") for _ in range(600)]
    assert set(winners) == numbers[5] and client.spop("by5") is None and client.exists("by5") == 0
    assert client.sadd("ints", *range(100)) == 100 and client.object("encoding", "ints") == "intset" and client.sadd("ints", "x") == 1


def timeline():
    """A timeline of the last hundred posts, read page by page."""
    for i in range(250):
        pipe = client.pipeline(transaction=False)
        pipe.lpush("timeline", f"post:{i}").ltrim("timeline", 0, 99)
        pipe.execute()
    assert client.llen("timeline") == 100
    pages = [client.lrange("timeline", start, start + 19) for start in range(0, 100, 20)]
    assert [p for page in pages for p in page] == [f"post:{i}" for i in range(249, 149, -1)]
    assert client.lindex("timeline", -1) == "post:150" and client.lpos("timeline", "post:200") == 49
    assert client.linsert("timeline", "BEFORE", "post:200", "advert") == 101 and client.lset("timeline", 0, "pinned") is True
    assert client.lrange("timeline", 49, 50) == ["advert", "post:200"]
    assert client.lpop("timeline", 2) == ["pinned", "post:248"] and client.rpop("timeline") == "post:150"
    assert client.rpoplpush("timeline", "archive") == "post:151"
    assert client.sort("archive", alpha=True) == ["post:151"] and client.lpush("prices", 30, 4, 100) == 3 and client.sort("prices") == ["4", "30", "100"]


def scheduler():
    """Delayed jobs in a sorted set; several workers, and each job is taken once."""
    assert client.zadd("delayed", {f"job{i}": i for i in range(100)}) == 100
    due = client.zrangebyscore("delayed", "-inf", 49)
    assert len(due) == 50
    taken = [0]

    def take(own):
        return [job for job in due if own.zrem("delayed", job) == 1]

    workers = [in_background(take) for _ in range(3)]
    for thread, _ in workers:
        thread.join()
    taken = [job for _, result in workers for job in result[0]]
    assert sorted(taken) == sorted(due) and client.zcard("delayed") == 50
    assert client.bzpopmin(["nothing", "delayed"], timeout=1) == ("delayed", "job50", 50.0)
    waiting, popped = in_background(lambda c: c.bzpopmax(["later", "much later"], timeout=10))
    time.sleep(0.1)
    assert client.zadd("much later", {"a": 1, "b": 2}) == 2
    waiting.join()
    assert popped == [("much later", "b", 2.0)], popped
    assert client.blpop(["no list"], timeout=0.1) is None


def chat():
    """Rooms are channels; a moderator listens to all of them by a pattern."""
    rooms = ["room:cats", "room:dogs"]
    people = [connect().pubsub(ignore_subscribe_messages=True) for _ in range(4)]
    moderator = connect().pubsub()
    moderator.psubscribe("room:*")
    assert moderator.get_message(timeout=10) == {"type": "psubscribe", "pattern": None, "channel": "room:*", "data": 1}
    for i, person in enumerate(people):
        person.subscribe(rooms[i % 2], "announcements")
        while len(client.pubsub_numsub(rooms[i % 2])) == 0:
            pass
    deadline = time.time() + 60
    while client.pubsub_numsub("announcements", *rooms) != [("announcements", 4), ("room:cats", 2), ("room:dogs", 2)]:
        assert time.time() < deadline
    assert sorted(client.pubsub_channels("room:*")) == rooms and client.pubsub_numpat() == 1

    def heard(listener, count):
        messages = []
        while len(messages) < count:
            message = listener.get_message(timeout=10)
            if message is not None:
                messages.append((message["channel"], message["data"]))
        return messages

    for i in range(100):
        assert client.publish(rooms[i % 2], f"line {i}") == 3
    assert client.publish("announcements", "closing time") == 4
    for i, person in enumerate(people):
        expected = [(rooms[i % 2], f"line {n}") for n in range(i % 2, 100, 2)] + [("announcements", "closing time")]
        assert heard(person, 51) == expected
    everything = heard(moderator, 100)
    for room in range(2):
        assert [text for channel, text in everything if channel == rooms[room]] == [f"line {n}" for n in range(room, 100, 2)]

    # A handler in a thread of its own, as applications do it.
    heard_by_handler = []
    listener = connect().pubsub(ignore_subscribe_messages=True)
    listener.subscribe(**{"room:birds": lambda message: heard_by_handler.append(message["data"])})
    thread = listener.run_in_thread(sleep_time=0.01)
    deadline = time.time() + 60
    while client.publish("room:birds", "tweet") != 2 and time.time() < deadline:
        pass
    while not heard_by_handler and time.time() < deadline:
        time.sleep(0.01)
    thread.stop()
    thread.join()
    assert heard_by_handler == ["tweet"], heard_by_handler
    for person in people:
        person.unsubscribe()
        person.close()
    moderator.punsubscribe("room:*")
    moderator.close()
    deadline = time.time() + 60
    while client.pubsub_channels() or client.pubsub_numpat():
        assert time.time() < deadline
    assert client.publish("room:cats", "anybody?") == 0


client.flushall()
globals()[sys.argv[2]]()
client.flushall()
print("ok")
