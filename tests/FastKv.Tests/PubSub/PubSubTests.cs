using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.PubSub;

/// <summary>What subscribers may rely on: order, counts, and that the slow ones do not fill the memory.</summary>
public sealed class PubSubTests
{
    private const int Settle = 60_000;

    /// <summary>Publishers on all loops race on a few channels: all subscribers of a channel, by name or by pattern, see the same order.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public async Task All_subscribers_see_a_channels_messages_in_one_order(ServerKind kind)
    {
        const int Publishers = 4;
        const int Bursts = 60;
        const int BurstSize = 30;
        string[] channels = ["red", "green", "blue"];
        using var server = ServerProcess.Start(kind);
        RespClient[] subscribers = Enumerable.Range(0, 6).Select(_ => server.Connect()).ToArray();
        for (int i = 0; i < subscribers.Length; i++)
        {
            if (i % 2 == 1)
                subscribers[i].Call("HELLO", "3");
            subscribers[i].Send(i < 4 ? ["SUBSCRIBE", .. channels] : ["PSUBSCRIBE", "re?", "[gb]*"]);
            for (int n = 0; n < (i < 4 ? 3 : 2); n++)
                subscribers[i].Read();
        }

        Task<long>[] publishers = Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() =>
        {
            using RespClient client = server.Connect();
            long receivers = 0;
            var random = new Random(publisher);
            for (int burst = 0; burst < Bursts; burst++)
            {
                var commands = new List<byte>();
                for (int i = 0; i < BurstSize; i++)
                    commands.AddRange(RespClient.Encode("PUBLISH", channels[random.Next(channels.Length)], $"{publisher}:{burst * BurstSize + i}"));
                receivers += client.Pipeline(commands.ToArray(), BurstSize).Sum(reply => reply.Integer);
            }
            return receivers;
        })).ToArray();

        const int Total = Publishers * Bursts * BurstSize;
        Task<Dictionary<string, List<string>>>[] readers = subscribers.Select(subscriber => Task.Run(() =>
        {
            var messages = channels.ToDictionary(channel => channel, _ => new List<string>());
            for (int i = 0; i < Total; i++)
            {
                RespFrame[] items = subscriber.Read().Items!;
                messages[items[^2].Text].Add(items[^1].Text);
            }
            return messages;
        })).ToArray();
        long[] receivers = await Task.WhenAll(publishers);
        Dictionary<string, List<string>>[] seen = await Task.WhenAll(readers);
        Assert.Equal((long)Total * subscribers.Length, receivers.Sum());
        foreach (string channel in channels)
        {
            List<string> first = seen[0][channel];
            foreach (var messages in seen)
                Assert.Equal(first, messages[channel]);

            // And each publisher's messages stand in the order in which it sent them.
            for (int publisher = 0; publisher < Publishers; publisher++)
            {
                string prefix = publisher + ":";
                int[] numbers = [.. first.Where(text => text.StartsWith(prefix, StringComparison.Ordinal)).Select(text => int.Parse(text[prefix.Length..]))];
                Assert.Equal(numbers.Order(), numbers);
            }
        }
        foreach (RespClient subscriber in subscribers)
            subscriber.Dispose();
        Assert.Equal(0, server.Stop());
    }

    /// <summary>A subscriber that does not read is disconnected at its limit, with Redis's words; one that reads gets everything.</summary>
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Slow_subscribers_are_disconnected(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind, "--client-output-buffer-limit", "pubsub 2mb 0 0");
        using RespClient publisher = server.Connect();
        using RespClient slow = server.Connect();
        using RespClient quick = server.Connect();
        slow.Socket.ReceiveBufferSize = 16 * 1024;
        slow.Call("SUBSCRIBE", "c");
        quick.Call("SUBSCRIBE", "c");
        string payload = new('x', 100_000);
        int published = 0;
        while (publisher.Call("PUBLISH", "c", payload).Integer == 2)
        {
            Assert.Equal(payload, quick.Read().Items![2].Text);
            Assert.True(++published < 2000, "the slow subscriber is never disconnected");
        }
        quick.Read();
        Assert.Equal("1", publisher.Call("PUBSUB", "NUMSUB", "c").Items![1].Text);

        // Redis counts them from 7.4 on.
        if (server.IsFastKv)
            Assert.Contains("client_output_buffer_limit_disconnections:1\r\n", publisher.Call("INFO", "stats").Text);
        long end = Environment.TickCount64 + Settle;
        while (!server.Log.Contains("output buffer limits", StringComparison.Ordinal) && Environment.TickCount64 < end)
            Thread.Sleep(5);
        string line = server.Log.Split('\n').Single(text => text.Contains("output buffer limits", StringComparison.Ordinal));
        Assert.Matches(@"Client id=\d+ addr=127.0.0.1:\d+ .* flags=P.* sub=1 .* scheduled to be closed ASAP for overcoming of output buffer limits\.", line);
        publisher.Call("PUBLISH", "c", "end");
        Assert.Equal("end", quick.Read().Items![2].Text);
    }

    /// <summary>
    /// Clients subscribe, unsubscribe and publish as they like: what PUBLISH says was sent is what arrives. Then some close and some are killed, and nothing is
    /// left of any.
    /// </summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public async Task Counts_are_right_under_churn(ServerKind kind)
    {
        const int Clients = 8;
        const int Steps = 400;
        string[] names = ["a", "b", "c", "__keyevent@0__:del"];
        using var server = ServerProcess.Start(kind);
        Task<(long Sent, long Received, RespClient Client)>[] tasks = Enumerable.Range(0, Clients).Select(number => Task.Run(() =>
        {
            RespClient client = server.Connect();
            client.Call("HELLO", "3");
            var random = new Random(number);
            long sent = 0, received = 0;
            for (int i = 0; i < Steps; i++)
            {
                string name = names[random.Next(names.Length)];
                string[] command = random.Next(8) switch
                {
                    0 => ["SUBSCRIBE", name],
                    1 => ["UNSUBSCRIBE", name],
                    2 => ["PSUBSCRIBE", name[..1] + "*"],
                    3 => ["PUNSUBSCRIBE"],
                    4 => ["SSUBSCRIBE", name],
                    5 => ["SPUBLISH", name, "s"],
                    _ => ["PUBLISH", name, "m"],
                };
                client.Send(command);
                client.Send("ECHO", "mark");
                sent += ReadToMark(client, ref received);
            }
            return (sent, received, client);
        })).ToArray();
        (long Sent, long Received, RespClient Client)[] results = await Task.WhenAll(tasks);

        // A mark after everybody has published: all that was sent before has arrived in front of it.
        long sent = results.Sum(result => result.Sent);
        long received = results.Sum(result => result.Received);
        foreach (var (_, _, client) in results)
        {
            client.Send("ECHO", "mark");
            ReadToMark(client, ref received);
        }
        Assert.Equal(sent, received);
        Assert.True(sent > Clients * 100, $"{sent} messages");

        using RespClient control = server.Connect();
        for (int i = 0; i < Clients; i++)
        {
            RespClient client = results[i].Client;
            client.Send("SUBSCRIBE", "a", "b");
            client.Send("SSUBSCRIBE", "c");
            client.Send("PSUBSCRIBE", "x*", $"y{i}*");
            client.Send("ECHO", "mark");
            ReadToMark(client, ref received);
            if (i % 2 == 0)
                client.Dispose();
        }
        long end = Environment.TickCount64 + Settle;

        // Those that have closed their connections are gone after a while.
        while (control.Call("PUBSUB", "NUMSUB", "b").Items![1].Text != "4" && Environment.TickCount64 < end)
            Thread.Sleep(1);
        Assert.Equal("4", control.Call("PUBSUB", "NUMSUB", "b").Items![1].Text);
        Assert.Equal(Clients / 2, control.Call("CLIENT", "KILL", "TYPE", "PUBSUB").Integer);
        while (control.Call("PUBSUB", "NUMPAT").Integer != 0 && Environment.TickCount64 < end)
            Thread.Sleep(1);
        Assert.Equal(0, control.Call("PUBSUB", "NUMPAT").Integer);
        Assert.Empty(control.Call("PUBSUB", "CHANNELS").Items!);
        Assert.Empty(control.Call("PUBSUB", "SHARDCHANNELS").Items!);
        Assert.Equal(0, control.Call("PUBLISH", "a", "m").Integer);
        Assert.Contains("pubsub_channels:0\r\npubsub_patterns:0\r\npubsubshard_channels:0\r\n", control.Call("INFO", "stats").Text);
        foreach (var (_, _, client) in results)
            client.Dispose();
        control.Dispose();
        Assert.Equal(0, server.Stop());
    }

    /// <summary>A server that ends with messages under way and subscribers connected has freed all of it (the guarded heap says so).</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Nothing_leaks_when_the_server_ends_in_the_middle(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        var clients = Enumerable.Range(0, 5).Select(_ => server.Connect()).ToArray();
        foreach (RespClient client in clients)
        {
            client.Send("SUBSCRIBE", "a", "b", "__keyspace@0__:x");
            client.Send("PSUBSCRIBE", "*");
            client.Read();
        }
        using RespClient publisher = server.Connect();
        publisher.SendRaw(string.Concat(Enumerable.Repeat(Encoding.Latin1.GetString(RespClient.Encode("PUBLISH", "a", new string('m', 5000))), 2000)));
        int code = server.Stop();
        Assert.True(code == 0, server.Log);
        foreach (RespClient client in clients)
            client.Dispose();
    }

    /// <summary>The timeout of idle clients does not concern those who listen.</summary>
    [Fact]
    public void Subscribers_do_not_time_out()
    {
        using var server = ServerProcess.Start(ServerKind.FastKv3);
        using RespClient subscriber = server.Connect();
        using RespClient idle = server.Connect();
        subscriber.Call("SUBSCRIBE", "a");
        idle.Call("PING");

        // It subscribes, too, so that it may take its time.
        using RespClient publisher = server.Connect();
        publisher.Call("HELLO", "3");
        publisher.Call("SUBSCRIBE", "b");
        Assert.Equal("OK", publisher.Call("CONFIG", "SET", "timeout", "1").Text);
        Assert.Empty(idle.ReadToEnd());
        Assert.Equal(1, publisher.Call("PUBLISH", "a", "m").Integer);
        Assert.Equal("m", subscriber.Read().Items![2].Text);
    }

    /// <summary>Reads up to the mark; returns the sum of PUBLISH's replies and counts messages.</summary>
    private static long ReadToMark(RespClient client, ref long received)
    {
        long sent = 0;
        while (true)
        {
            RespFrame frame = client.Read();
            if (frame.Type == '>')
                received += frame.Items![0].Text.EndsWith("message", StringComparison.Ordinal) ? 1 : 0;
            else if (frame.Text == "mark")
                return sent;
            else
                sent += frame.Integer;
        }
    }
}
