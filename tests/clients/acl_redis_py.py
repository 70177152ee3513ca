"""Users and permissions through Debian's python3-redis. Usage: acl_redis_py.py PORT. Prints "ok" at the end."""
import sys
import redis

port = int(sys.argv[1])
admin = redis.Redis(port=port, decode_responses=True)
assert admin.acl_whoami() == "default"
assert admin.acl_setuser("app", enabled=True, passwords=["+secret"], keys=["app:*"], categories=["+@all", "-@dangerous"], reset=True) is True
assert sorted(admin.acl_users()) == ["app", "default"]
user = admin.acl_getuser("app")
assert user["enabled"] is True and len(user["passwords"]) == 1
assert "admin" in admin.acl_cat() and "get" in admin.acl_cat("read")
assert len(admin.acl_genpass()) == 64

app = redis.Redis(port=port, username="app", password="secret", decode_responses=True)
assert app.acl_whoami() == "app"
assert app.set("app:k", "v") is True and app.get("app:k") == "v"
for forbidden in (lambda: app.get("other"), lambda: app.flushall(), lambda: app.pipeline().set("app:a", 1).set("other", 1).execute()):
    try:
        forbidden()
        raise SystemExit("permitted")
    except redis.exceptions.NoPermissionError:
        pass
assert app.get("app:a") is None
try:
    redis.Redis(port=port, username="app", password="wrong").ping()
    raise SystemExit("logged in")
except redis.exceptions.ResponseError:
    pass
reasons = [entry["reason"] for entry in admin.acl_log()]
assert reasons == ["auth", "key", "command", "key"] or reasons == ["auth", "command", "key"], reasons
assert admin.acl_log_reset()
assert admin.acl_deluser("app") == 1
try:
    app.connection_pool.disconnect()
    app.ping()
    raise SystemExit("still there")
except redis.exceptions.ResponseError:
    pass
print("ok")
