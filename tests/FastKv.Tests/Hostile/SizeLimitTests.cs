using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Hostile;

/// <summary>The largest values and requests, and what is said to those who exceed the limits.</summary>
[Collection(HeavyCollection.Name)]
public sealed class SizeLimitTests(ITestOutputHelper output)
{
    private const int MaxBulk = 512 << 20;

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void A_value_of_512_MB_makes_the_round_trip(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        long before = server.RssBytes;
        using (RespClient client = server.Connect(60_000))
        {
            var piece = new byte[1 << 20];
            new Random(1).NextBytes(piece);
            client.SendRaw($"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n${MaxBulk}\r\n");
            for (int sent = 0; sent < MaxBulk; sent += piece.Length)
                client.SendRaw(piece);
            client.SendRaw("\r\n");
            Assert.Equal("OK", client.Read().Text);
            Assert.Equal(MaxBulk.ToString(), client.Call("STRLEN", "big").Text);
            Assert.Equal("-ERR string exceeds maximum allowed size (proto-max-bulk-len)", Error(client.Call("APPEND", "big", "x")));
            Assert.Equal("-ERR string exceeds maximum allowed size (proto-max-bulk-len)", Error(client.Call("SETRANGE", "big", MaxBulk.ToString(), "x")));

            client.Send("GET", "big");
            Assert.Equal("$" + MaxBulk, client.ReadLine());
            long at = 0;
            bool equal = true;
            client.ReadExactly(MaxBulk, part =>
            {
                ReadOnlySpan<byte> rest = part.Span;
                while (!rest.IsEmpty)
                {
                    int from = (int)(at % piece.Length);
                    int length = Math.Min(rest.Length, piece.Length - from);
                    equal &= rest[..length].SequenceEqual(piece.AsSpan(from, length));
                    rest = rest[length..];
                    at += length;
                }
            });
            Assert.True(equal);
            Assert.Equal("", client.ReadLine());
            Assert.Equal("PONG", client.Call("PING").Text);
            Assert.Equal("1", client.Call("DEL", "big").Text);
        }
        HostileServers.AssertRecovered(server, before, 64 << 20);
    }

    [Theory]
    [InlineData(ServerKind.Redis, "*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    [InlineData(ServerKind.FastKv1, "*1\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n")]
    [InlineData(ServerKind.Redis, "*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n")]
    [InlineData(ServerKind.FastKv1, "*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n")]
    public void A_length_over_the_limit_is_a_protocol_error(ServerKind kind, string input, string expected)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        client.SendRaw(input);
        Assert.Equal(expected, Encoding.Latin1.GetString(client.ReadToEnd()));
        server.AssertAlive();
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void A_million_arguments_are_taken(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        long before = server.RssBytes;
        using (RespClient client = server.Connect(60_000))
        {
            const int Count = 1_000_000;
            var command = new StringBuilder($"*{Count}\r\n$5\r\nTOUCH\r\n");
            for (int i = 1; i < Count; i++)
                command.Append("$1\r\nk\r\n");
            client.Call("SET", "k", "v");
            client.SendRaw(command.ToString());
            Assert.Equal((Count - 1).ToString(), client.Read().Text);
            // Announced and never sent: it must cost next to nothing, and many of them too.
            var waiting = new List<RespClient>();
            for (int i = 0; i < 100; i++)
            {
                waiting.Add(server.Connect());
                waiting[i].SendRaw("*1000000\r\n$4\r\nMGET\r\n$1\r\nk\r\n");
            }
            Assert.Equal("PONG", client.Call("PING").Text);
            waiting.ForEach(w => w.Dispose());
        }
        HostileServers.AssertRecovered(server, before, 64 << 20);
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void A_request_over_the_query_buffer_limit_ends_its_connection(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--client-query-buffer-limit", "1mb");
        long before = server.RssBytes;
        using (RespClient client = server.Connect())
        {
            try
            {
                client.SendRaw($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${8 << 20}\r\n" + new string('x', 8 << 20));
            }
            catch (SocketException e)
            {
                // The server has closed before the end of the request, which is what is asked below.
                output.WriteLine($"send ended with {e.SocketErrorCode}");
            }
            Assert.True(client.IsClosedByPeer());
        }
        AssertLogged(server, "max query buffer");
        HostileServers.AssertRecovered(server, before, 32 << 20);
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void A_client_that_does_not_read_is_closed_at_the_output_buffer_limit(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--client-output-buffer-limit", "normal 8mb 0 0");
        long before = server.RssBytes;
        using (RespClient client = server.Connect())
        {
            client.Call("SET", "k", new string('x', 1 << 20));
            bool closed = false;
            for (int i = 0; i < 100 && !closed; i++)
            {
                try
                {
                    client.Send("GET", "k");
                    Thread.Sleep(5);
                }
                catch (SocketException)
                {
                    closed = true;
                }
            }
            // What was sent before the close can still be read; then comes the end, well before all replies.
            Assert.True(client.ReadToEnd().Length < 60 << 20);
        }
        AssertLogged(server, "output buffer limits");
        HostileServers.AssertRecovered(server, before, 64 << 20);
    }

    [Theory]
    [MemberData(nameof(HostileServers.Kinds), MemberType = typeof(HostileServers))]
    public void Without_a_limit_all_replies_wait_for_the_reader(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        long before = server.RssBytes;
        using (RespClient client = server.Connect())
        {
            client.Call("SET", "k", new string('x', 1 << 20));
            for (int i = 0; i < 100; i++)
                client.Send("GET", "k");
            server.AssertAlive();
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal("$1048576", client.ReadLine());
                client.ReadExactly((1 << 20) + 2, _ => { });
            }
        }
        HostileServers.AssertRecovered(server, before, 64 << 20);
    }

    // The log comes through a pipe, and so a little later than the event.
    private static void AssertLogged(ServerProcess server, string text) =>
        HostileServers.AssertSoon(() => server.Log.Contains(text, StringComparison.OrdinalIgnoreCase), () => $"no \"{text}\" in the log:\n{server.Log}");

    private static string Error(RespFrame frame) => frame.Type + frame.Text;
}
