using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.PubSub;

/// <summary>Publishing allocates nothing on the managed heap, whether the subscribers are on the own loop, on others, many or few.</summary>
public sealed class PubSubAllocationTests
{
    private const int Count = 3000;
    private const int Rounds = 4;
    private const long ToleranceBytes = 8 * 1024;

    /// <summary>Publishes to subscribers on all loops, which read everything.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Publishing_allocates_nothing(int shards)
    {
        using var server = ManagedAllocations.Start(shards);
        RespClient[] subscribers = Enumerable.Range(0, 9).Select(_ => server.Connect()).ToArray();
        for (int i = 0; i < subscribers.Length; i++)
        {
            subscribers[i].Call("SUBSCRIBE", "all");
            subscribers[i].Call("SUBSCRIBE", $"own{i}");
            subscribers[i].Call("PSUBSCRIBE", $"p{i % 3}*");
            subscribers[i].Call("SSUBSCRIBE", "shard");
        }
        using RespClient publisher = server.Connect();
        publisher.Call("HELLO", "3");
        publisher.Call("SUBSCRIBE", "self");
        string[] commands = ["PUBLISH all text", $"PUBLISH own4 {new string('l', 3000)}", "PUBLISH p1x text", "SPUBLISH shard text", "PUBLISH none text"];
        byte[] round = ManagedAllocations.Round(commands, Count / commands.Length);
        Task[] readers = subscribers.Select(subscriber => Task.Run(() => Drain(subscriber))).ToArray();

        for (int i = 0; i < Rounds; i++)
            publisher.Pipeline(round, Count);
        long allocated = ManagedAllocations.While(publisher, () =>
        {
            for (int i = 0; i < Rounds; i++)
                publisher.Pipeline(round, Count);
            for (int i = 0; i < 500; i++)
            {
                publisher.Send("PUBLISH", "self", "m");
                publisher.Read();
                publisher.Read();
            }
        });
        Assert.True(allocated <= ToleranceBytes, $"{allocated} bytes over {Rounds * Count} messages");
        server.Stop();
        await Task.WhenAll(readers);
    }

    private static void Drain(RespClient client)
    {
        client.ReadToEnd();
        client.Dispose();
    }
}
