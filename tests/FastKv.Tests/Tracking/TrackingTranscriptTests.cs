using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Tracking;

/// <summary>What tracking clients are told, step by step, beside redis-server: drawn sequences over four clients, byte for byte on one shard.</summary>
public sealed class TrackingTranscriptTests(ITestOutputHelper output)
{
    private const int Steps = 300;

    // RESP3 twice; RESP2 that listens to what others redirect to it; RESP2 that tracks, too.
    private static readonly int[] s_protocols = [3, 3, 2, 2];
    private static readonly string[] s_keys = ["a", "ab", "abc", "b", "{t}1", "{t}2", "c", "d"];

    [Theory]
    [InlineData(ServerKind.FastKv1, 1)]
    [InlineData(ServerKind.FastKv1, 2)]
    [InlineData(ServerKind.FastKv1, 3)]
    [InlineData(ServerKind.FastKv3, 4)]
    [InlineData(ServerKind.FastKv3, 5)]
    [InlineData(ServerKind.FastKv3, 6)]
    public void Clients_are_told_what_redis_server_tells_them(ServerKind kind, int number)
    {
        using ServerProcess expected = ServerProcess.Start(ServerKind.Redis);
        using ServerProcess actual = ServerProcess.Start(kind);
        int firstId = Math.Max(TrackingSession.NextId(expected), TrackingSession.NextId(actual)) + 2;
        using var wanted = new TrackingSession(expected, s_protocols, firstId, kind == ServerKind.FastKv3);
        using var got = new TrackingSession(actual, s_protocols, firstId, kind == ServerKind.FastKv3);
        Assert.Equal(wanted.IdOf(2), got.IdOf(2));
        int seed = TestEnvironment.DifferentialSeed + number;
        var random = new Random(seed);
        var history = new StringBuilder($"seed {seed}\n");
        string target = wanted.IdOf(2);
        Compare(2, ["SUBSCRIBE", "__redis__:invalidate"]);
        var inTransaction = new bool[s_protocols.Length];
        for (int i = 0; i < Steps; i++)
        {
            (int client, string[] command) = Draw(random, target);
            if (inTransaction[client] && random.Next(4) == 0)
                command = ["EXEC"];
            inTransaction[client] = command[0] == "MULTI" || (inTransaction[client] && command[0] is not ("EXEC" or "DISCARD"));
            Compare(client, command);
        }
        output.WriteLine($"seed {seed}: {Steps} steps");

        void Compare(int client, string[] command)
        {
            history.Append(client).Append("> ").AppendJoin(' ', command).Append('\n');
            string left = wanted.Step(client, command);
            string right = got.Step(client, command);
            Assert.True(left == right, $"{history}--- expected\n{left}--- actual\n{right}");
            history.Append(left);
        }
    }

    private static (int Client, string[] Command) Draw(Random random, string target)
    {
        int client = random.Next(4);
        if (client == 2)
            client = 3;
        string key = Pick(random, s_keys);
        string other = Pick(random, s_keys);
        return (client, random.Next(34) switch
        {
            0 or 1 => Tracking(random, target),
            2 => ["CLIENT", "TRACKING", "OFF"],
            3 => ["CLIENT", "CACHING", random.Next(2) == 0 ? "YES" : "NO"],
            4 => ["CLIENT", "TRACKINGINFO"],
            5 => ["CLIENT", "GETREDIR"],
            6 => ["MULTI"],
            7 => ["EXEC"],
            8 => ["DISCARD"],
            9 => random.Next(4) == 0 ? ["FLUSHALL"] : ["FLUSHDB", "ASYNC"],
            10 or 11 or 12 or 13 => ["GET", key],
            14 or 15 => ["MGET", key, other],
            16 => ["EXISTS", key, other],
            17 => ["TTL", key],
            18 => ["STRLEN", key],
            19 or 20 or 21 or 22 => ["SET", key, "v"],
            23 => ["MSET", key, "1", other, "2"],
            24 => ["DEL", key, other],
            25 => ["EXPIRE", key, random.Next(2) == 0 ? "1000" : "-1"],
            26 => ["PERSIST", key],
            27 => ["RENAME", key, other],
            28 => ["COPY", key, other, "REPLACE"],
            29 => ["APPEND", key, "x"],
            30 => ["SETBIT", key, "7", "1"],
            31 => ["SELECT", random.Next(2).ToString()],
            32 => ["SORT_RO", key],
            _ => ["SETEX", key, "1000", "v"],
        });
    }

    private static string[] Tracking(Random random, string target)
    {
        List<string> command = ["CLIENT", "TRACKING", "ON"];
        if (random.Next(2) == 0)
            command.Add(Pick(random, ["OPTIN", "OPTOUT", "BCAST", "BCAST", "BCAST"]));
        if (random.Next(3) == 0)
            command.Add("NOLOOP");
        if (random.Next(3) == 0)
            command.AddRange(["REDIRECT", target]);
        if (random.Next(4) == 0)
            command.AddRange(["PREFIX", Pick(random, ["a", "{t}", "b", "ab", ""])]);
        return [.. command];
    }

    private static string Pick(Random random, string[] of) => of[random.Next(of.Length)];
}
