using System.Collections.Concurrent;
using FastKv.Tests.TestKit;
using StackExchange.Redis;
using Xunit;

namespace FastKv.Tests.PubSub;

/// <summary>Chat through StackExchange.Redis, which keeps a connection of its own for subscriptions.</summary>
public sealed class StackExchangeChatTests
{
    /// <summary>Rooms by name and by pattern, with several connections.</summary>
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public async Task Rooms(ServerKind kind)
    {
        const int Lines = 200;
        using ServerProcess server = ServerProcess.Start(kind);
        var options = ConfigurationOptions.Parse($"127.0.0.1:{server.Port},abortConnect=true,connectTimeout=5000,syncTimeout=10000");
        using ConnectionMultiplexer speaker = await ConnectionMultiplexer.ConnectAsync(options);
        using ConnectionMultiplexer listener = await ConnectionMultiplexer.ConnectAsync(options);
        var byName = new ConcurrentQueue<string>();
        var byPattern = new ConcurrentQueue<string>();
        ISubscriber subscriber = listener.GetSubscriber();
        await subscriber.SubscribeAsync("room:cats", (_, text) => byName.Enqueue(text!));
        await subscriber.SubscribeAsync("room:*", (channel, text) => byPattern.Enqueue($"{channel} {text}"));

        long receivers = 0;
        for (int i = 0; i < Lines; i++)
            receivers += await speaker.GetSubscriber().PublishAsync(i % 2 == 0 ? "room:cats" : "room:dogs", $"line {i}");
        Assert.Equal(Lines + Lines / 2, receivers);
        for (int waitedMs = 0; (byName.Count < Lines / 2 || byPattern.Count < Lines) && waitedMs < 60_000; waitedMs += 10)
            await Task.Delay(10);

        // The library hands messages to its callers in no particular order.
        Assert.Equal(Enumerable.Range(0, Lines / 2).Select(i => $"line {2 * i}").Order(), byName.Order());
        Assert.Equal(Lines, byPattern.Count);
        Assert.Contains("room:dogs line 1", byPattern);

        // The listener's connection serves commands as well.
        Assert.True(await listener.GetDatabase().StringSetAsync("k", "v"));
        await subscriber.UnsubscribeAsync("room:cats");
        await subscriber.UnsubscribeAllAsync();
        Assert.Equal(0, await speaker.GetSubscriber().PublishAsync("room:cats", "anybody?"));
    }
}
