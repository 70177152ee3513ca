using System.Net;
using System.Text;
using FastKv.Engine;
using FastKv.Engine.Clients;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Messages;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Messages;

/// <summary>Messages from any thread to clients of any loop, in a server within this process.</summary>
public sealed class MailboxTests : IDisposable
{
    private readonly FastKvServer _server;
    private readonly int _port = FreePort.Next();

    /// <summary>A server of three shards.</summary>
    public MailboxTests()
    {
        var log = new ServerLog { Silent = true };
        var config = new ServerConfig(log);
        config.Load(null, null, $"shards 3\nport {_port}\n");
        _server = new FastKvServer(config, log);
        _server.Start();
    }

    /// <inheritdoc/>
    public void Dispose() => _server.Dispose();

    /// <summary>A push is an array to RESP2 receivers; a message may have a form of its own for them; a receiver that has gone gets nothing.</summary>
    [Fact]
    public void A_message_has_the_form_of_the_receivers_protocol()
    {
        using var two = Connect(out var receiverOfTwo);
        using var three = Connect(out var receiverOfThree);
        three.Call("HELLO", "3");

        Message push = Push("text");
        Post(receiverOfTwo, push);
        Post(receiverOfThree, push);
        push.Release();
        Assert.Equal("*2\r\n$4\r\npush\r\n$4\r\ntext\r\n", Raw(two));
        Assert.Equal(">2\r\n$4\r\npush\r\n$4\r\ntext\r\n", Raw(three));

        var writer = new MessageWriter(4 * MessageWriter.HeaderBytesMax);
        writer.PushHeader(1);
        writer.Raw("_\r\n"u8);
        writer.BeginResp2();
        writer.ArrayHeader(1);
        writer.Raw("*-1\r\n"u8);
        Message forms = writer.End();
        Post(receiverOfTwo, forms);
        Post(receiverOfThree, forms);
        forms.Release();
        Assert.Equal("*1\r\n*-1\r\n", Raw(two));
        Assert.Equal(">1\r\n_\r\n", Raw(three));

        two.Dispose();
        while (_server.Clients.Count > 1)
            Thread.Sleep(1);
        using var next = Connect(out _);
        Message late = Push("late");
        Post(receiverOfTwo, late);
        late.Release();
        Assert.Equal("+PONG\r\n", Encoding.Latin1.GetString(next.Call("PING").Raw));
    }

    /// <summary>CLIENT REPLY OFF silences what counts as a reply, and no push.</summary>
    [Fact]
    public void Silent_clients_get_pushes_all_the_same()
    {
        using var client = Connect(out var receiver);
        client.Call("PING");
        client.Send("CLIENT", "REPLY", "OFF");
        client.Send("CLIENT", "REPLY", "SKIP");
        while ((_server.Clients.All.Single().Gate & ClientGate.ReplyOff) == 0)
            Thread.Sleep(1);
        var writer = new MessageWriter(16, MessageFlags.IsReply);
        writer.Raw("+seen\r\n"u8);
        Message line = writer.End();
        Post(receiver, line);
        Message push = Push("heard");
        Post(receiver, push);
        Post(receiver, push);
        Assert.Equal("*2\r\n$4\r\npush\r\n$5\r\nheard\r\n", Raw(client));
        Assert.Equal("*2\r\n$4\r\npush\r\n$5\r\nheard\r\n", Raw(client));
        client.Send("CLIENT", "REPLY", "ON");
        Assert.Equal("+OK\r\n", Raw(client));
        Post(receiver, line);
        Assert.Equal("+seen\r\n", Raw(client));
        line.Release();
        push.Release();
    }

    /// <summary>From several threads to clients of all loops, which run commands meanwhile: each gets all, in the order of each thread.</summary>
    [Fact]
    public async Task Messages_keep_the_order_of_their_senders()
    {
        const int Senders = 3;
        const int Count = 3000;
        var clients = new RespClient[6];
        var receivers = new Receiver[clients.Length];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = Connect(out receivers[i]);
            clients[i].Call("HELLO", "3");
        }
        var lists = new ReceiverList[3];
        foreach (var receiver in receivers)
            Assert.True(lists[receiver.Loop].Add(receiver));
        var threads = Enumerable.Range(0, Senders).Select(sender => new Thread(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                Message message = Push($"{sender}:{i}:{new string('x', i % 5000)}");
                if (i % 2 == 0)
                {
                    for (int loop = 0; loop < lists.Length; loop++)
                        _server.Loops[loop].Mailbox.Post(lists[loop], message);
                }
                else
                {
                    foreach (var receiver in receivers)
                        Post(receiver, message);
                }
                message.Release();
                if (i % 64 == 0)
                    Thread.Yield();
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        var readers = clients.Select(client => Task.Run(() =>
        {
            var next = new int[Senders];
            int replies = 0;
            for (int i = 0; i < Senders * Count || replies < 100;)
            {
                if (replies < 100 && i % 16 == 0)
                    client.Send("MGET", "a", "b", "c", "d");
                var frame = client.Read();
                if (frame.Type != '>')
                {
                    Assert.Equal('*', frame.Type);
                    replies++;
                    continue;
                }
                string[] words = frame.Items![1].Text.Split(':');
                int sender = int.Parse(words[0]);
                Assert.Equal(next[sender]++, int.Parse(words[1]));
                i++;
            }
        })).ToArray();
        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(300));
        foreach (var thread in threads)
            thread.Join();
        foreach (var list in lists)
            list.Release();
        foreach (var client in clients)
            client.Dispose();
    }

    /// <summary>A client that does not read is closed once its output is over the limit; the messages that follow are dropped.</summary>
    [Fact]
    public void Output_limits_hold_for_messages()
    {
        using var client = Connect(out var receiver);
        Assert.Equal("+OK\r\n", Encoding.Latin1.GetString(client.Call("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0").Raw));
        Message message = Push(new string('x', 100_000));
        for (int i = 0; i < 500; i++)
            Post(receiver, message);
        while (_server.Clients.Count > 0)
            Thread.Sleep(1);
        Post(receiver, message);
        message.Release();
        Assert.Equal(1, _server.Loops.Sum(loop => loop.Statistics.OutputLimitDisconnections));
    }

    /// <summary>Receivers keep the order of their ids whatever the order of adding; a list that is shared is not changed.</summary>
    [Fact]
    public void Receiver_lists_are_sorted_and_copied_when_shared()
    {
        var random = new Random(7);
        ReceiverList list = default;
        var model = new SortedSet<long>();
        for (int i = 0; i < 5000; i++)
        {
            long id = random.Next(200);
            var before = list.Span.ToArray();
            var shared = i % 7 == 0 && !list.IsEmpty ? list.Share() : default;
            if (random.Next(5) < 2)
                Assert.Equal(model.Remove(id), list.Remove(id));
            else
                Assert.Equal(model.Add(id), list.Add(new Receiver(id, 0, (int)id)));
            Assert.Equal(model, list.Span.ToArray().Select(receiver => receiver.Id));
            if (!shared.IsEmpty)
                Assert.Equal(before, shared.Span.ToArray());
            shared.Release();
        }
        list.Release();
    }

    private static Message Push(string text)
    {
        var writer = new MessageWriter(MessageWriter.HeaderBytesMax + MessageWriter.BulkBytesMax(4) + MessageWriter.BulkBytesMax(text.Length));
        writer.PushHeader(2);
        writer.BulkString("push"u8);
        writer.BulkString(Encoding.Latin1.GetBytes(text));
        return writer.End();
    }

    private static string Raw(RespClient client) => Encoding.Latin1.GetString(client.Read().Raw);

    private void Post(in Receiver receiver, Message message) => _server.Loops[receiver.Loop].Mailbox.Post(receiver, message);

    private RespClient Connect(out Receiver receiver)
    {
        var client = RespClient.Connect(new IPEndPoint(IPAddress.Loopback, _port));
        long id = client.Call("CLIENT", "ID").Integer;
        receiver = _server.Clients.Find(id)!.Receiver;
        return client;
    }
}
