using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Serializability;

/// <summary>
/// Histories of concurrent clients against several shards are strictly serialisable, also when messages between shards are delayed at random.
/// FASTKV_DIFF_SEED draws other histories; a failure prints the round that has no order.
/// </summary>
public sealed class SerializabilityTests(ITestOutputHelper output)
{
    private const int OperationsPerRun = 10_000;
    private const int BrokenOperationsMax = 100_000;

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(2, 500)]
    [InlineData(3, 500)]
    [InlineData(4, 500)]
    public void Histories_are_strictly_serializable(int shards, int delayUs)
    {
        int seed = TestEnvironment.DifferentialSeed + (shards * 1000) + delayUs;
        using var server = new FastKvProcess(shards, "--debug-ring-delay-us", delayUs.ToString());
        using var run = new HistoryRun(server, shards, seed);
        while (run.Operations < OperationsPerRun)
        {
            string? violation = run.RunRound();
            Assert.True(violation is null, $"seed {seed}, after {run.Operations} operations, no order explains\n{violation}");
        }
        output.WriteLine($"seed {seed}: {run.Operations} operations, {run.Transactions} transactions, {run.Refused} of them refused, {run.Tried} steps of search");
        Assert.InRange(run.Refused, 1, run.Transactions / 2);
    }

    /// <summary>The checker notices when a shard runs what has arrived before the tickets that were visible then.</summary>
    [Fact]
    public void Running_tickets_last_is_noticed()
    {
        const int Shards = 3;
        int seed = TestEnvironment.DifferentialSeed;
        using var server = new FastKvProcess(Shards, "--debug-ring-delay-us", "1000", "--debug-tickets-last", "yes");
        using var run = new HistoryRun(server, Shards, seed);
        string? violation = null;
        while (violation is null && run.Operations < BrokenOperationsMax)
            violation = run.RunRound();
        output.WriteLine($"seed {seed}: {run.Operations} operations until\n{violation}");
        Assert.NotNull(violation);
    }
}
