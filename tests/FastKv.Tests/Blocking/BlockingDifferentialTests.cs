using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Blocking;

/// <summary>Random steps of several clients, of which some block, on FastKv and on redis-server: the transcripts are equal. The seed is printed.</summary>
public sealed class BlockingDifferentialTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int Rounds = 12;
    private const int Steps = 60;

    [Theory]
    [InlineData(ServerKind.FastKv1, 2)]
    [InlineData(ServerKind.FastKv3, 2)]
    [InlineData(ServerKind.FastKv3, 3)]
    public void Transcripts_equal_those_of_redis_server(ServerKind kind, int protocol)
    {
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var server = ServerProcess.Start(kind);
        for (int round = 0; round < Rounds; round++)
        {
            int seed = TestEnvironment.DifferentialSeed + round;
            output.WriteLine($"seed {seed}");
            var script = Script(new Random(seed));
            string expected = Run(redis, protocol, script);
            string actual = Run(server, protocol, script);
            Assert.Equal(expected, actual);
        }
        Assert.Equal(0, server.Stop());
    }

    private static string Run(ServerProcess server, int protocol, List<(int Client, string[] Command)> script)
    {
        using var session = new BlockingSession(server, Clients, protocol);
        var transcript = new StringBuilder();
        foreach (var (client, command) in script)
        {
            transcript.Append(client).Append("> ").AppendJoin(' ', command).Append('\n');
            transcript.Append(session.Step(client, command));
        }
        for (int client = 0; client < Clients; client++)
            transcript.Append(session.Unblock(client, client % 2 == 0 ? "TIMEOUT" : "ERROR"));
        return transcript.ToString();
    }

    private static List<(int Client, string[] Command)> Script(Random random)
    {
        var script = new List<(int, string[])>();
        int id = 1;
        for (int i = 0; i < Steps; i++)
        {
            string key = Key(random), other = Key(random);
            string end = random.Next(2) == 0 ? "LEFT" : "RIGHT";
            string[] command = random.Next(26) switch
            {
                0 or 1 => ["BLPOP", key, "0"],
                2 => ["BRPOP", key, other, Key(random), "0"],
                3 => ["BLMOVE", key, other, end, "LEFT", "0"],
                4 => ["BRPOPLPUSH", key, other, "0"],
                5 => ["BLMPOP", "0", "2", key, other, end, "COUNT", "2"],
                6 => ["BZPOPMIN", key, "0"],
                7 => ["BZPOPMAX", key, other, "0"],
                8 => ["BZMPOP", "0", "2", key, other, "MIN", "COUNT", "2"],
                9 => ["XREAD", "BLOCK", "0", "STREAMS", key, other, "$", "$"],
                10 => ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", key, ">"],
                11 or 12 => ["RPUSH", key, "a" + i],
                13 => ["LPUSH", key, "b" + i, "c" + i, "d" + i],
                14 or 15 => ["ZADD", key, random.Next(5).ToString(), "m" + i],
                16 => ["ZADD", key, "1", "x" + i, "2", "y" + i],
                17 or 18 => ["XADD", key, $"{id++}-1", "f", "v" + i],
                19 => ["DEL", key],
                20 => ["RENAME", key, other],
                21 => ["XGROUP", "CREATE", key, "g", "$", "MKSTREAM"],
                22 => ["LPOP", key],
                23 => ["COPY", key, other, "REPLACE"],
                24 => ["SORT", key, "ALPHA", "STORE", other],
                _ => random.Next(3) switch { 0 => ["SET", key, "s"], 1 => ["XGROUP", "DESTROY", key, "g"], _ => ["LRANGE", key, "0", "-1"] },
            };
            script.Add((random.Next(Clients), command));
        }
        return script;
    }

    private static string Key(Random random) => "k" + random.Next(4);
}
