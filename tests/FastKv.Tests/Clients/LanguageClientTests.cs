using FastKv.Tests.TestKit;
using StackExchange.Redis;
using Xunit;

namespace FastKv.Tests.Clients;

/// <summary>One smoke script per client library, against redis-server (which proves the script) and against FastKv.</summary>
public sealed class LanguageClientTests
{
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Python_redis(ServerKind kind) => RunScript(kind, "/usr/bin/python3", "smoke_redis_py.py");

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Ioredis(ServerKind kind) => RunScript(kind, "node", "smoke_ioredis.js");

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Node_redis(ServerKind kind) => RunScript(kind, "node", "smoke_node_redis.js");

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public async Task StackExchange_Redis(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        var options = ConfigurationOptions.Parse($"127.0.0.1:{server.Port},allowAdmin=true,name=smoke-net,abortConnect=true,connectTimeout=5000,syncTimeout=10000");
        // Pub/sub comes later: without SUBSCRIBE the library uses the interactive connection alone.
        options.CommandMap = CommandMap.Create(["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PUBLISH", "CLUSTER", "SENTINEL"], available: false);
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(options);
        IDatabase database = connection.GetDatabase();
        IServer admin = connection.GetServer("127.0.0.1", server.Port);
        await admin.FlushAllDatabasesAsync();

        Assert.True(await database.PingAsync() < TimeSpan.FromSeconds(60));
        byte[] binary = [0, 255, 13, 10];
        Assert.True(await database.StringSetAsync("k", binary));
        Assert.Equal(binary, (byte[]?)await database.StringGetAsync("k"));
        Assert.False(await database.StringSetAsync("k", "x", when: When.NotExists));
        Assert.True(await database.StringSetAsync("e", "v", TimeSpan.FromSeconds(100)));
        Assert.InRange((await database.KeyTimeToLiveAsync("e"))!.Value.TotalSeconds, 90, 100);
        Assert.True(await database.KeyPersistAsync("e"));
        Assert.Equal("v", (string?)await database.StringGetSetAsync("e", "w"));
        Assert.Equal(5, await database.StringIncrementAsync("n", 5));
        Assert.Equal(0.1, await database.StringIncrementAsync("f", 0.1));
        Assert.Equal(3, await database.StringAppendAsync("a", "abc"));
        Assert.False(await database.StringSetBitAsync("b", 7, true));
        Assert.Equal(1, await database.StringBitCountAsync("b"));

        Task<RedisValue>[] pipelined = Enumerable.Range(0, 2000).Select(i =>
        {
            _ = database.StringSetAsync("p" + i, i, flags: CommandFlags.FireAndForget);
            return database.StringGetAsync("p" + i);
        }).ToArray();
        RedisValue[] values = await Task.WhenAll(pipelined);
        Assert.Equal(Enumerable.Range(0, 2000), values.Select(v => (int)v));

        RedisKey[] keys = Enumerable.Range(0, 100).Select(i => (RedisKey)("m" + i)).ToArray();
        Assert.True(await database.StringSetAsync(keys.Select((k, i) => new KeyValuePair<RedisKey, RedisValue>(k, i)).ToArray()));
        Assert.Equal(Enumerable.Range(0, 100), (await database.StringGetAsync(keys)).Select(v => (int)v));
        Assert.Equal(11, admin.Keys(pattern: "m1*", pageSize: 7).Distinct().Count());
        Assert.Equal(RedisType.String, await database.KeyTypeAsync("a"));
        Assert.True(await database.KeyRenameAsync("a", "a2"));
        Assert.True(await database.KeyMoveAsync("a2", 5));
        Assert.Equal(1, await admin.DatabaseSizeAsync(5));
        RedisServerException error = await Assert.ThrowsAsync<RedisServerException>(() => database.StringIncrementAsync("k"));
        Assert.Equal("ERR value is not an integer or out of range", error.Message);
        Assert.NotEmpty(await admin.InfoAsync());
        Assert.Contains(await admin.ClientListAsync(), c => c.Name == "smoke-net");
        Assert.Equal(100, await database.KeyDeleteAsync(keys));
    }

    private static void RunScript(ServerKind kind, string program, string script)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        Assert.Equal("ok", Script.Run(program, [script, server.Port.ToString()]).Trim());
    }
}
