using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Differential;

/// <summary>
/// The commands of Redis 7.0 that FastKv has, compared with the real redis-server byte for byte on generated sequences.
/// A failure names its seed; <c>FASTKV_DIFF_SEED</c> and <c>FASTKV_DIFF_COUNT</c> repeat or extend a run.
/// </summary>
public abstract class DifferentialTests(DifferentialTests.Servers servers, ITestOutputHelper output)
{
    // Parts of the count that one family under one protocol and one number of shards gets; all of them together get 2.6 times the count.
    private static readonly Dictionary<string, double> Shares = new()
    {
        ["strings"] = 0.07,
        ["bitmaps"] = 0.04,
        ["hashes"] = 0.05,
        ["generic"] = 0.05,
        ["sets"] = 0.06,
        ["connection"] = 0.02,
        ["server"] = 0.02,
        ["sortedsets"] = 0.07,
        ["streams"] = 0.05,
        ["transactions"] = 0.04,
        ["hyperloglogs"] = 0.03,
        ["geo"] = 0.03,
        ["sort"] = 0.03,
        ["mixed"] = 0.05,
        ["lists"] = 0.05,
    };

    /// <summary>Families and protocols.</summary>
    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string family in Shares.Keys)
            {
                cases.Add(family, 2);
                cases.Add(family, 3);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Replies_equal_those_of_redis_server(string family, int protocol)
    {
        int count = (int)(TestEnvironment.DifferentialCount * Shares[family]);
        string report = DifferentialCampaign.Run(servers.Expected, servers.Actual, family, protocol, TestEnvironment.DifferentialSeed, count, output.WriteLine);
        Assert.True(report.Length == 0, report);
    }

    /// <summary>Both servers, shared by the tests of one class, which run one after the other.</summary>
    public abstract class Servers(ServerKind kind) : IDisposable
    {
        /// <summary>The real one.</summary>
        public ServerProcess Expected { get; } = ServerProcess.Start(ServerKind.Redis);

        /// <summary>FastKv.</summary>
        public ServerProcess Actual { get; } = ServerProcess.Start(kind);

        /// <inheritdoc/>
        public void Dispose()
        {
            Expected.Dispose();
            Actual.Dispose();
            GC.SuppressFinalize(this);
        }
    }
}

/// <summary>FastKv on one shard.</summary>
public sealed class DifferentialOneShardTests(DifferentialOneShardTests.Fixture servers, ITestOutputHelper output)
    : DifferentialTests(servers, output), IClassFixture<DifferentialOneShardTests.Fixture>
{
    /// <summary>The servers.</summary>
    public sealed class Fixture() : Servers(ServerKind.FastKv1);
}

/// <summary>FastKv on three shards.</summary>
public sealed class DifferentialThreeShardsTests(DifferentialThreeShardsTests.Fixture servers, ITestOutputHelper output)
    : DifferentialTests(servers, output), IClassFixture<DifferentialThreeShardsTests.Fixture>
{
    /// <summary>The servers.</summary>
    public sealed class Fixture() : Servers(ServerKind.FastKv3);
}
