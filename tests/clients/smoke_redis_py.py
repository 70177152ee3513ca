"""Smoke test through Debian's python3-redis. Usage: smoke_redis_py.py PORT. Prints "ok" at the end."""
import sys
import redis

client = redis.Redis(port=int(sys.argv[1]), client_name="smoke-py")
client.flushall()
assert client.ping() is True
assert client.echo("hello") == b"hello"
assert client.client_getname() == "smoke-py"
assert client.client_id() > 0
assert any(c["name"] == "smoke-py" for c in client.client_list())

assert client.set("k", b"\x00\xff\r\n") is True
assert client.get("k") == b"\x00\xff\r\n"
assert client.set("k", "other", nx=True) is None
assert client.set("k", "new", get=True) == b"\x00\xff\r\n"
assert client.set("e", "v", ex=100) is True and 90 < client.ttl("e") <= 100
assert client.getex("e", persist=True) == b"v" and client.ttl("e") == -1
assert client.expireat("e", 4102444800) is True and client.expiretime("e") == 4102444800
assert client.getdel("e") == b"v" and client.exists("e") == 0
assert client.mset({f"m{i}": i for i in range(100)}) is True
assert client.mget([f"m{i}" for i in range(100)]) == [str(i).encode() for i in range(100)]
assert client.incrby("n", 5) == 5 and client.decr("n") == 4
assert client.incrbyfloat("f", 0.1) == 0.1
assert client.append("a", "abc") == 3 and client.setrange("a", 1, "X") == 3 and client.getrange("a", 0, -1) == b"aXc"
client.mset({"{l}1": "ohmytext", "{l}2": "mynewtext"})
assert client.lcs("{l}1", "{l}2") == b"mytext"
assert client.setbit("b", 7, 1) == 0 and client.bitcount("b") == 1 and client.bitpos("b", 1) == 7
assert client.bitfield("b").set("u8", 0, 200).get("u8", 0).execute() == [1, 200]

assert sorted(client.scan_iter(match="m1*", count=7)) == sorted(client.keys("m1*"))
assert len(list(client.scan_iter(_type="string"))) == client.dbsize()
assert client.type("k") == b"string" and client.object("encoding", "n") == b"int"
assert client.rename("k", "k2") is True and client.copy("k2", "k3") is True and client.move("k3", 5) is True
assert client.randomkey() is not None
assert client.unlink("m1", "m2", "nothing") == 2

pipe = client.pipeline(transaction=False)
for i in range(1000):
    pipe.set(f"p{i}", i).get(f"p{i}")
replies = pipe.execute()
assert replies == [x for i in range(1000) for x in (True, str(i).encode())]

try:
    client.execute_command("INCR", "k2")
    raise AssertionError("INCR of a word must fail")
except redis.ResponseError as error:
    assert str(error) == "value is not an integer or out of range", error
try:
    client.execute_command("NOSUCH", "a")
    raise AssertionError("an unknown command must fail")
except redis.ResponseError as error:
    assert str(error).startswith("unknown command 'NOSUCH'"), error

info = client.info()
assert info["redis_version"] and info["db0"]["keys"] == client.dbsize()
assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
assert client.config_set("maxmemory-samples", 6) is True and client.config_get("maxmemory-samples") == {"maxmemory-samples": "6"}
assert client.command_count() > 60 and client.command_getkeys("SET", "x", "y") == ["x"]
assert client.memory_usage("a") > 0
assert client.time()[0] > 1_600_000_000
assert client.role()[0] == b"master"

other = redis.Redis(port=int(sys.argv[1]), db=5, decode_responses=True)
assert other.get("k3") == "new" and other.dbsize() == 1
assert client.swapdb(0, 5) is True and client.dbsize() == 1
client.flushall()
assert client.dbsize() == 0 and other.dbsize() == 0
print("ok")
