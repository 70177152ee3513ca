using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>What a server without replicas, modules and cluster answers, beside redis-server.</summary>
public sealed class WithoutReplicasTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private static readonly string[] Script =
    [
        "WAIT", "WAIT 1", "WAIT 0 0", "WAIT 0 x", "WAIT x 1", "WAIT -1 100", "WAIT 1 -1", "WAIT 1 99999999999999999999",
        "WAIT 99999999999999999999 1", "WAIT 1 30", "WAIT 9999 1", "MULTI", "WAIT 1 0", "WAIT 0 0", "WAIT 1 x", "FAILOVER", "ROLE", "CLUSTER INFO",
        "REPLICAOF NO ONE", "MODULE LIST", "MODULE LOAD x", "EXEC", "FAILOVER ABORT", "FAILOVER TO a b", "FAILOVER TO a 22", "FAILOVER TIMEOUT -1",
        "FAILOVER TIMEOUT 0", "FAILOVER TIMEOUT x", "FAILOVER TIMEOUT 10", "FAILOVER FORCE", "FAILOVER FORCE FORCE", "FAILOVER NOSUCH",
        "FAILOVER ABORT ABORT", "FAILOVER TO h", "FAILOVER TO h 1 FORCE TIMEOUT 1", "FAILOVER TO h 1 TO h 2", "FAILOVER TIMEOUT", "ROLE", "ROLE x",
        "REPLICAOF NO ONE", "SLAVEOF no one", "REPLICAOF h x", "REPLICAOF h -1", "REPLICAOF h 65536", "REPLICAOF no two", "REPLICAOF", "REPLCONF",
        "REPLCONF listening-port", "REPLCONF listening-port 22", "REPLCONF listening-port x", "REPLCONF capa eof capa psync2", "REPLCONF ip-address 1.2.3.4",
        "REPLCONF ip-address 01234567890123456789012345678901234567890123456789", "REPLCONF nosuch x", "MODULE HELP", "MODULE", "MODULE LIST", "MODULE NOSUCH",
        "MODULE LOAD x", "MODULE LOADEX x", "MODULE UNLOAD x", "MODULE LOAD", "CLUSTER", "CLUSTER HELP", "CLUSTER INFO", "CLUSTER NODES", "CLUSTER SLOTS",
        "CLUSTER SHARDS", "CLUSTER KEYSLOT", "CLUSTER KEYSLOT a", "CLUSTER MYID", "CLUSTER NOSUCH", "CLUSTER MEET h 1", "CLUSTER ADDSLOTS 1", "CLUSTER RESET",
        "ASKING", "READONLY", "READWRITE", "ASKING x", "MULTI", "SYNC", "DISCARD", "MULTI", "PSYNC ? -1", "DISCARD", "WAIT 1 1",
    ];

    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void Answers_equal_those_of_redis_server(int shards, int protocol)
    {
        using RespClient redis = ServerTriple.Connect(servers.Redis, protocol), fastKv = ServerTriple.Connect(servers.FastKv(shards), protocol);
        Assert.Equal(ServerTriple.Run(redis, Script), ServerTriple.Run(fastKv, Script));
    }

    [Theory]
    [InlineData(1, "TIMEOUT")]
    [InlineData(1, "ERROR")]
    [InlineData(3, "TIMEOUT")]
    [InlineData(3, "ERROR")]
    public void A_client_that_waits_is_blocked(int shards, string reason)
    {
        string Waited(ServerProcess server)
        {
            using RespClient waiting = server.Connect(), control = server.Connect();
            string id = waiting.Call("CLIENT", "ID").Text;
            waiting.SendRaw([.. RespClient.Encode("WAIT", "1", "0"), .. RespClient.Encode("PING")]);
            while (!control.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal))
                Thread.Sleep(5);
            return $"{control.Call("CLIENT", "UNBLOCK", id, reason)} {waiting.Read()} {waiting.Read()}";
        }

        Assert.Equal(Waited(servers.Redis), Waited(servers.FastKv(shards)));
    }

    /// <summary>Newer than redis-server 7.0.15: as the documentation says.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Waiting_for_the_append_only_file(int shards)
    {
        using RespClient client = servers.FastKv(shards).Connect();
        Assert.Equal("*2\r\n:0\r\n:0\r\n"u8, client.Call("WAITAOF", "0", "0", "0").Raw);
        Assert.Equal("*2\r\n:0\r\n:0\r\n"u8, client.Call("WAITAOF", "0", "1", "20").Raw);
        Assert.Equal("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.", client.Call("WAITAOF", "1", "0", "0").Text);
        Assert.Equal("ERR value is out of range, must be between 0 and 1", client.Call("WAITAOF", "2", "0", "0").Text);
        Assert.Equal("ERR value is not an integer or out of range", client.Call("WAITAOF", "x", "0", "0").Text);
        Assert.Equal("ERR value is out of range, must be positive", client.Call("WAITAOF", "0", "-1", "0").Text);
        Assert.Equal("ERR timeout is negative", client.Call("WAITAOF", "0", "0", "-1").Text);
    }
}
