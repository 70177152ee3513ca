using FastKv.Tests.TestKit;
using StackExchange.Redis;
using Xunit;

namespace FastKv.Tests.Clients;

/// <summary>
/// What applications do with the data types, through the libraries that they use: tests/clients/flows_*. Each flow runs against redis-server (which proves the
/// flow) and against FastKv on one and on three shards, where its keys are on several of them.
/// </summary>
public sealed class TypeFlowTests
{
    private static readonly string[] s_flows =
        ["queue", "groups", "limiter", "sessions", "leaderboard", "geo", "visitors", "tags", "timeline", "scheduler", "chat"];

    /// <summary>Servers and flows.</summary>
    public static TheoryData<ServerKind, string> Flows
    {
        get
        {
            var flows = new TheoryData<ServerKind, string>();
            foreach (ServerKind kind in Enum.GetValues<ServerKind>())
            {
                foreach (string flow in s_flows)
                    flows.Add(kind, flow);
            }
            return flows;
        }
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void Python_redis(ServerKind kind, string flow) => RunScript(kind, "/usr/bin/python3", "flows_redis_py.py", flow);

    [Theory]
    [MemberData(nameof(Flows))]
    public void Ioredis(ServerKind kind, string flow) => RunScript(kind, "node", "flows_ioredis.js", flow);

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public async Task StackExchange_Redis(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        var options = ConfigurationOptions.Parse($"127.0.0.1:{server.Port},abortConnect=true,connectTimeout=5000,syncTimeout=10000");
        options.CommandMap = CommandMap.Create(["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PUBLISH", "CLUSTER", "SENTINEL"], available: false);
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(options);
        IDatabase database = connection.GetDatabase();
        await Sessions(database);
        await Leaderboard(database);
        await Queue(database);
        await SetsAndPlaces(database);
    }

    private static async Task Sessions(IDatabase database)
    {
        HashEntry[] fields = [.. Enumerable.Range(0, 600).Select(i => new HashEntry("f" + i, i))];
        await database.HashSetAsync("session", fields);
        Assert.Equal(fields.OrderBy(f => (string)f.Name!), (await database.HashGetAllAsync("session")).OrderBy(f => (string)f.Name!));
        Assert.Equal(7, await database.HashIncrementAsync("session", "f5", 2));
        Assert.Equal(600, database.HashScan("session", default, pageSize: 50, CommandFlags.None).Select(f => f.Name).Distinct().Count());
        Assert.True(await database.HashDeleteAsync("session", "f5"));
        Assert.False(await database.HashExistsAsync("session", "f5"));
    }

    private static async Task Leaderboard(IDatabase database)
    {
        SortedSetEntry[] players = [.. Enumerable.Range(0, 1000).Select(i => new SortedSetEntry($"p{i:D4}", i * 7919 % 10_007 / 2.0))];
        Assert.Equal(1000, await database.SortedSetAddAsync("board", players));
        SortedSetEntry[] order = [.. players.OrderByDescending(p => p.Score).ThenByDescending(p => (string)p.Element!, StringComparer.Ordinal)];
        Assert.Equal(order[..100], await database.SortedSetRangeByRankWithScoresAsync("board", 0, 99, Order.Descending));
        Assert.Equal(Array.FindIndex(order, p => p.Element == "p0123"), await database.SortedSetRankAsync("board", "p0123", Order.Descending));
        Assert.Equal(players.Count(p => p.Score is >= 100 and < 500), await database.SortedSetLengthAsync("board", 100, 500, Exclude.Stop));
        Assert.Equal(900, await database.SortedSetRemoveRangeByRankAsync("board", 0, 899));
        Assert.Equal(order[..100], database.SortedSetScan("board", default, 10, CommandFlags.None).OrderByDescending(p => p.Score)
            .ThenByDescending(p => (string)p.Element!, StringComparer.Ordinal));
    }

    private static async Task Queue(IDatabase database)
    {
        Assert.Equal(100, await database.ListLeftPushAsync("jobs", [.. Enumerable.Range(0, 100).Select(i => (RedisValue)i)]));
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(i, await database.ListRightPopLeftPushAsync("jobs", "work"));
            Assert.Equal(i + 50, await database.ListGetByIndexAsync("jobs", 49 - i));
            Assert.Equal(1, await database.ListRemoveAsync("work", i, 1));
            Assert.Equal(i + 1, await database.ListLeftPushAsync("done", i));
        }
        Assert.Equal([99, 98, 97], (await database.ListRangeAsync("jobs", 0, 2)).Select(v => (int)v));
        Assert.False(await database.KeyExistsAsync("work"));
    }

    private static async Task SetsAndPlaces(IDatabase database)
    {
        await database.SetAddAsync("a", [.. Enumerable.Range(0, 1000).Select(i => (RedisValue)(i * 2))]);
        await database.SetAddAsync("b", [.. Enumerable.Range(0, 1000).Select(i => (RedisValue)(i * 3))]);
        Assert.Equal(334, await database.SetCombineAndStoreAsync(SetOperation.Intersect, "c", "a", "b"));
        Assert.Equal(1666, (await database.SetCombineAsync(SetOperation.Union, "a", "b")).Length);
        Assert.Equal(334, (await database.SetRandomMembersAsync("c", 1000)).Distinct().Count());
        Assert.True(await database.GeoAddAsync("Sicily", 13.361389, 38.115556, "Palermo"));
        Assert.True(await database.GeoAddAsync("Sicily", 15.087269, 37.502669, "Catania"));
        Assert.Equal(166274.1516, await database.GeoDistanceAsync("Sicily", "Palermo", "Catania"));
        GeoRadiusResult[] near = await database.GeoRadiusAsync("Sicily", 15, 37, 100, GeoUnit.Kilometers);
        Assert.Equal("Catania", Assert.Single(near).Member);
        for (int i = 0; i < 1000; i += 100)
            await database.HyperLogLogAddAsync("day", [.. Enumerable.Range(i, 100).Select(n => (RedisValue)n)]);
        Assert.InRange(await database.HyperLogLogLengthAsync("day"), 960, 1040);
    }

    private static void RunScript(ServerKind kind, string program, string script, string flow)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        Assert.Equal("ok", Script.Run(program, [script, server.Port.ToString(), flow]).Trim());
    }
}
