using FastKv.Tests.Clients;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Acl;

/// <summary>A client library logs in as a user and is refused what it may not do; against redis-server too, which proves the test.</summary>
public sealed class AclClientTests
{
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Python_redis(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        Assert.Equal("ok", Script.Run("/usr/bin/python3", ["acl_redis_py.py", server.Port.ToString()]).Trim());
    }
}
