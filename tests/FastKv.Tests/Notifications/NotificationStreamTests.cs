using System.Text;
using FastKv.Tests.Differential;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Notifications;

/// <summary>
/// The keyspace events of every command that redis-server 7.0 has, compared with its own on generated sequences: one shard, where the whole stream is the same,
/// and three, where that of each key is. (SORT looks keys up in the order of a set's members, which is the server's own affair.) <c>FASTKV_DIFF_SEED</c> and <c>FASTKV_DIFF_COUNT</c> repeat or extend a run.
/// </summary>
public abstract class NotificationStreamTests(ServerKind kind, ITestOutputHelper output)
{
    // Without x: when a key expires is a matter of the moment. Those events have tests of their own.
    private const string Classes = "KEg$lshzetdn";

    private const int EpisodeLength = 400;
    private const int MaxFailures = 6;

    /// <summary>Every family whose commands change keys.</summary>
    public static TheoryData<string> Families =>
        ["strings", "bitmaps", "hashes", "generic", "sets", "lists", "sortedsets", "streams", "transactions", "hyperloglogs", "geo", "sort"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Events_equal_those_of_redis_server(string family)
    {
        using ServerProcess expected = ServerProcess.Start(ServerKind.Redis);
        using ServerProcess actual = ServerProcess.Start(kind);

        // BITCOUNT and BITPOS look at their arguments before the key, as since Redis 7.2.
        string classes = family == "bitmaps" ? Classes : Classes + "m";
        using var runner = new NotificationRunner(expected, actual, classes, perKey: kind == ServerKind.FastKv3 || family == "sort");
        var report = new StringBuilder();
        int count = TestEnvironment.DifferentialCount / 60;
        int failures = 0;
        for (int episode = 0; episode * EpisodeLength < count && failures < MaxFailures; episode++)
        {
            int seed = unchecked((TestEnvironment.DifferentialSeed * 1_000_003) + episode);
            List<Step> steps = Grammar.Families[family].Generate(seed, EpisodeLength);
            for (int tries = 0; tries < 20 && failures < MaxFailures && runner.Run(steps) is not null; tries++)
            {
                string sequence = runner.Report(steps, out int at);
                if (sequence.Length == 0)
                    break;
                failures++;
                report.Append($"--- {family} seed {TestEnvironment.DifferentialSeed} episode {episode}\n{sequence}");
                steps.RemoveAt(at);
            }
        }
        output.WriteLine($"{family} seed {TestEnvironment.DifferentialSeed}: {runner.Compared} events");
        Assert.True(report.Length == 0, report.ToString());
        Assert.True(runner.Compared > 1000, "hardly any event came: the comparison says nothing");
    }
}

/// <summary>FastKv on one shard.</summary>
public sealed class NotificationStreamOneShardTests(ITestOutputHelper output) : NotificationStreamTests(ServerKind.FastKv1, output);

/// <summary>FastKv on three shards.</summary>
public sealed class NotificationStreamThreeShardsTests(ITestOutputHelper output) : NotificationStreamTests(ServerKind.FastKv3, output);
