using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.PubSub;

/// <summary>
/// Random steps of several clients that subscribe, publish, change protocol and go away, on FastKv and on redis-server: the transcripts are equal.
/// The seed is printed.
/// </summary>
public sealed class PubSubDifferentialTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int Rounds = 12;
    private const int Steps = 80;

    private static readonly string[] Names = ["a", "b", "ab", "{x}1", "news.1", "news.2", "__keyevent@0__:set", "__keyspace@0__:k", "\0\xff", ""];
    private static readonly string[] Patterns = ["news.*", "*", "?", "[ab]", "n*s.?", "__key*", "a", "{x}[0-9]", "\\*"];

    // A RESP2 client with subscriptions could not switch its replies on again.
    private static readonly string[][] Leave = [["UNSUBSCRIBE"], ["PUNSUBSCRIBE"], ["SUNSUBSCRIBE"]];

    /// <summary>Runs the same script on both servers.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1, 2)]
    [InlineData(ServerKind.FastKv1, 3)]
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
            string expected = Run(redis, protocol, new Random(seed));
            string actual = Run(server, protocol, new Random(seed));
            Assert.Equal(expected, actual);
        }
        Assert.Equal(0, server.Stop());
    }

    private static string Run(ServerProcess server, int protocol, Random random)
    {
        using var session = new PubSubSession(server, Clients + 1, protocol);
        var transcript = new StringBuilder();
        for (int i = 0; i < Steps; i++)
        {
            int client = random.Next(Clients);
            if (random.Next(25) == 0)
            {
                session.Reconnect(client);
                transcript.Append(client).Append(" reconnects\n");
                continue;
            }
            string[][] commands = Commands(random, i, protocol);

            // One client never subscribes: it publishes within MULTI, where Redis 7.0 writes what a client publishes to itself into the reply of EXEC.
            if (random.Next(12) == 0)
                (client, commands) = (Clients, [["MULTI"], Publish(random, $"m{i}"), ["PING", "in"], Publish(random, $"n{i}"), ["EXEC"]]);
            transcript.Append(client).Append("> ").AppendJoin("; ", commands.Select(command => string.Join(' ', command))).Append('\n');
            transcript.Append(session.Step(client, commands));
            if (random.Next(8) == 0)
                transcript.Append(session.State());
        }
        return transcript.ToString();
    }

    private static string[][] Commands(Random random, int step, int protocol) => random.Next(44) switch
    {
        < 6 => [Subscribe(random)],
        < 9 => [Unsubscribe(random)],
        9 => [[Pick(random, ["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])]],
        < 24 => [Publish(random, $"m{step}")],
        24 => [Publish(random, $"m{step}"), Publish(random, $"n{step}"), Publish(random, $"o{step}")],
        25 => [Publish(random, $"m{step}"), ["PING", "in"], Publish(random, $"n{step}")],
        26 => [["MULTI"], Subscribe(random), ["GET", "k"], ["EXEC"]],
        27 => [["MULTI"], ["PUBSUB", "NUMPAT"], ["PUBSUB", "NUMSUB", "a", "news.1"], Unsubscribe(random), ["EXEC"]],
        28 => [["CLIENT", "REPLY", "OFF"], Subscribe(random), Publish(random, $"m{step}"), .. Leave, ["CLIENT", "REPLY", "ON"]],
        29 => [["CLIENT", "REPLY", "SKIP"], Unsubscribe(random), ["GET", "k"]],
        30 => protocol == 3 ? [["RESET"], ["HELLO", "3"]] : [["RESET"]],
        31 => [["HELLO", "3"], Subscribe(random)],
        32 => [["HELLO", "2"], ["PING"]],
        33 => [["PUBSUB", "CHANNELS"]],
        34 => [["PUBSUB", "CHANNELS", Pick(random, Patterns)]],
        35 => [["PUBSUB", "SHARDCHANNELS"]],
        36 => [["PUBSUB", "NUMSUB", Pick(random, Names), Pick(random, Names), "none"]],
        37 => [["PUBSUB", "SHARDNUMSUB", Pick(random, Names), Pick(random, Names)]],
        38 => [["PUBSUB", "NUMPAT"]],
        39 => [["GET", "k"], ["PING"], ["PING", "text"], ["PING", "a", "b"]],
        40 => [["MULTI"], ["GET", "k"], ["EXEC"], ["EXEC"]],
        41 => [["PUBSUB", "CHANNELS", "a", "b"], ["PUBSUB", "NUMPAT", "x"], ["SUBSCRIBE"], ["PUBLISH", "a"], ["SPUBLISH", "a", "b", "c"]],
        42 => [Subscribe(random), Publish(random, $"m{step}"), ["UNSUBSCRIBE", Pick(random, Names)]],
        _ => [["CLIENT", "GETNAME"], ["SET", "k", "v"]],
    };

    private static string[] Subscribe(Random random) => random.Next(5) switch
    {
        < 2 => ["SUBSCRIBE", .. Several(random, Names)],
        < 4 => ["PSUBSCRIBE", .. Several(random, Patterns)],
        _ => ["SSUBSCRIBE", .. Several(random, Names)],
    };

    private static string[] Unsubscribe(Random random) => random.Next(5) switch
    {
        < 2 => ["UNSUBSCRIBE", .. Several(random, Names)],
        < 4 => ["PUNSUBSCRIBE", .. Several(random, Patterns)],
        _ => ["SUNSUBSCRIBE", .. Several(random, Names)],
    };

    private static string[] Publish(Random random, string message) => [random.Next(4) == 0 ? "SPUBLISH" : "PUBLISH", Pick(random, Names), message];

    private static string[] Several(Random random, string[] names) => Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Pick(random, names)).ToArray();

    private static string Pick(Random random, string[] names) => names[random.Next(names.Length)];
}
