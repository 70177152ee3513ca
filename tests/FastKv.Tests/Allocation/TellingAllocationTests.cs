using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Allocation;

/// <summary>Telling clients of changed keys allocates nothing on the managed heap either: keyspace events, and what clients with caches are told.</summary>
public sealed class TellingAllocationTests
{
    private const int Commands = 1000;
    private const int Rounds = 20;

    /// <summary>What INFO itself may vary by between two calls; one allocation per command would show as half a megabyte.</summary>
    private const long ToleranceBytes = 8 * 1024;

    /// <summary>How the listening client listens, and the number of shards.</summary>
    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string way in (string[])["PSUBSCRIBE __key*", "CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST", "CLIENT TRACKING ON OPTOUT NOLOOP"])
            {
                cases.Add(way, 1);
                cases.Add(way, 3);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_told_is_not_allocated(string way, int shards)
    {
        using var server = ManagedAllocations.Start(shards, "--notify-keyspace-events", "KEAmn");
        using RespClient writer = server.Connect();
        using RespClient listener = server.Connect();
        listener.Call("HELLO", "3");
        listener.Call(way.Split(' '));
        Round(writer, listener, way, Rounds);
        long told = 0;
        long allocated = ManagedAllocations.While(writer, () => told = Round(writer, listener, way, Rounds));
        Assert.True(told >= Commands * Rounds / 2, $"only {told} messages came");
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {told} messages");
    }

    /// <summary>Writes keys that the listener has read just before; returns how often it was told of a key.</summary>
    private static long Round(RespClient writer, RespClient listener, string way, int rounds)
    {
        byte[] writes = ManagedAllocations.Round(["SET k{n} v"], Commands);
        byte[] reads = ManagedAllocations.Round([way.StartsWith("PSUB", StringComparison.Ordinal) ? "PING" : "GET k{n}"], Commands);
        long told = 0;
        for (int i = 0; i < rounds; i++)
        {
            listener.SendRaw(reads);
            told += Take(listener, Commands);
            writer.Pipeline(writes, Commands);
            listener.SendRaw(RespClient.Encode("PING"));
            told += Take(listener, 1);
        }
        return told;
    }

    private static long Take(RespClient client, int replies)
    {
        long told = 0;
        while (replies > 0)
        {
            RespFrame frame = client.Read();
            if (frame.Type != '>')
                replies--;
            else
                told += frame.Items is [_, { Items: { } keys }] ? keys.Length : 1;
        }
        return told;
    }
}
