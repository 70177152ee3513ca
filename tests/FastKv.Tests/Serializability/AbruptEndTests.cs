using System.Net.Sockets;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Serializability;

/// <summary>
/// Clients that leave, are killed or are cut off by the server's end while their commands are on other shards. The server must serve the
/// others, answer in order, and exit without leaks.
/// </summary>
public sealed class AbruptEndTests
{
    private const int Shards = 3;
    private const int Threads = 4;
    private const int Keys = 50;

    [Theory]
    [InlineData("io_uring", 0)]
    [InlineData("epoll", 0)]
    [InlineData("io_uring", 300)]
    [InlineData("epoll", 300)]
    public void Clients_that_leave_with_commands_in_flight_do_no_harm(string engine, int delayUs)
    {
        using var server = new FastKvProcess(Shards, "--io-engine", engine, "--debug-ring-delay-us", delayUs.ToString());
        RunThreads((thread, random) =>
        {
            for (int i = 0; i < 60; i++)
            {
                using RespClient client = server.Connect();
                client.SendRaw(Commands(random, random.Next(1, 200)));
                switch (random.Next(4))
                {
                    case 0:
                        client.Socket.LingerState = new LingerOption(true, 0); // a reset instead of an end of stream
                        break;
                    case 1:
                        client.Socket.Shutdown(SocketShutdown.Send);
                        client.ReadToEnd();
                        break;
                    case 2:
                        client.Read();
                        break;
                    default:
                        break;
                }
            }
        });
        server.AssertAlive();
    }

    [Fact]
    public void Half_closed_clients_get_all_their_replies_in_order()
    {
        using var server = new FastKvProcess(Shards, "--debug-ring-delay-us", "300");
        RunThreads((thread, random) =>
        {
            for (int i = 0; i < 20; i++)
            {
                using RespClient client = server.Connect();
                int count = random.Next(1, 300);
                string key = $"{thread}:{i}:";
                client.SendRaw(string.Concat(Enumerable.Range(0, count).Select(n => n % 10 == 9
                    ? $"MGET {key}{n - 1} {key}{n - 2} {key}{n - 3}\r\n"
                    : $"SET {key}{n} {n} GET\r\nECHO {n}\r\nGET {key}{n}\r\n")));
                client.Socket.Shutdown(SocketShutdown.Send);
                for (int n = 0; n < count; n++)
                {
                    if (n % 10 == 9)
                    {
                        Assert.Equal([n - 1, n - 2, n - 3], client.Read().Items!.Select(item => item.Integer));
                        continue;
                    }
                    Assert.True(client.Read().IsNull);
                    Assert.Equal(n, client.Read().Integer);
                    Assert.Equal(n, client.Read().Integer);
                }
                Assert.True(client.IsClosedByPeer());
            }
        });
    }

    [Fact]
    public void Clients_killed_with_commands_in_flight_do_no_harm()
    {
        using var server = new FastKvProcess(Shards, "--debug-ring-delay-us", "300");
        RunThreads((thread, random) =>
        {
            for (int i = 0; i < 40; i++)
            {
                using RespClient victim = server.Connect();
                using RespClient killer = server.Connect();
                string id = victim.Call("CLIENT", "ID").Text;
                victim.SendRaw(Commands(random, random.Next(1, 300)));
                Assert.Equal("1", killer.Call("CLIENT", "KILL", "ID", id).Text);
                victim.ReadToEnd();
            }
        });
        server.AssertAlive();
    }

    [Theory]
    [InlineData("io_uring")]
    [InlineData("epoll")]
    public void The_end_of_the_server_with_commands_in_flight_leaks_nothing(string engine)
    {
        for (int round = 0; round < 3; round++)
        {
            using var server = new FastKvProcess(Shards, "--io-engine", engine, "--debug-ring-delay-us", "300");
            RunThreads((thread, random) =>
            {
                using RespClient client = server.Connect();
                try
                {
                    for (int i = 0; i < 10_000; i++)
                    {
                        client.SendRaw(Commands(random, 50));
                        if (thread == 0 && i == 20)
                            Assert.Equal(0, server.Stop());
                        for (int n = 0; n < 25; n++)
                            client.Read();
                    }
                }
                catch (Exception exception) when (exception is SocketException or EndOfStreamException)
                {
                    Assert.True(true, "the end that was asked for: " + exception.Message);
                }
            });
        }
    }

    private static string Commands(Random random, int count) => string.Concat(Enumerable.Range(0, count).Select(_ =>
    {
        string a = "k" + random.Next(Keys), b = "k" + random.Next(Keys), value = new('v', random.Next(200));
        return random.Next(12) switch
        {
            0 => $"MSET {a} {value}1 {b} {value}2\r\n",
            1 => $"MGET {a} {b}\r\n",
            2 => $"RENAME {a} {b}\r\n",
            3 => $"DEL {a} {b}\r\n",
            4 => $"COPY {a} {b} REPLACE\r\n",
            5 => $"SET {a} {new string('x', random.Next(20_000))}\r\n",
            6 => "PING\r\n",
            7 => "KEYS *\r\n",
            < 10 => $"SET {a} {value}s\r\n",
            _ => $"GET {a}\r\n",
        };
    }));

    private static void RunThreads(Action<int, Random> body)
    {
        var tasks = Enumerable.Range(0, Threads).Select(thread =>
            Task.Factory.StartNew(() => body(thread, new Random(TestEnvironment.DifferentialSeed + thread)), TaskCreationOptions.LongRunning));
        Task.WaitAll([.. tasks]);
    }
}
