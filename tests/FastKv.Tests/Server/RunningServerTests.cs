using System.Net;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Server;

/// <summary>What CONFIG SET changes about a running server, and how SHUTDOWN ends it.</summary>
public sealed class RunningServerTests
{
    /// <summary>One shard, and several of which one listens.</summary>
    public static TheoryData<ServerKind> Kinds => [ServerKind.FastKv1, ServerKind.FastKv3];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_port_moves(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);

        // Several connections, so that several loops ask the one that listens.
        for (int round = 0; round < 4; round++)
        {
            using RespClient client = server.ConnectUnix();
            int port = FreePort.Next();
            Assert.Equal("OK", client.Call("CONFIG", "SET", "port", port.ToString()).Text);
            using (RespClient moved = RespClient.Connect(new IPEndPoint(IPAddress.Loopback, port)))
                Assert.Equal("PONG", moved.Call("PING").Text);
            Assert.Equal("OK", client.Call("CONFIG", "SET", "port", server.Port.ToString()).Text);
            server.AssertAlive();
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_address_that_cannot_be_bound_changes_nothing(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using ServerProcess other = ServerProcess.Start(ServerKind.Redis);
        using RespClient client = server.Connect();
        Assert.Equal(
            "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.\r\n",
            Encoding.Latin1.GetString(client.Call("CONFIG", "SET", "port", other.Port.ToString()).Raw));
        Assert.Equal(
            "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.\r\n",
            Encoding.Latin1.GetString(client.Call("CONFIG", "SET", "bind", "192.0.2.1").Raw));
        Assert.Equal(server.Port.ToString(), client.Call("CONFIG", "GET", "port").Items![1].Text);
        server.AssertAlive();
    }

    [Fact]
    public void A_password_holds_for_new_connections_until_it_is_removed()
    {
        using ServerProcess server = ServerProcess.Start(ServerKind.FastKv3);
        using RespClient old = server.Connect();
        Assert.Equal("OK", old.Call("CONFIG", "SET", "requirepass", "secret").Text);
        Assert.Equal("PONG", old.Call("PING").Text);
        using RespClient late = server.Connect();
        Assert.StartsWith("NOAUTH", late.Call("PING").Text);
        Assert.Equal("OK", old.Call("CONFIG", "SET", "requirepass", "").Text);
        using RespClient last = server.Connect();
        Assert.Equal("PONG", last.Call("PING").Text);
    }

    [Theory]
    [InlineData("SHUTDOWN")]
    [InlineData("SHUTDOWN", "NOSAVE")]
    [InlineData("SHUTDOWN", "NOW", "FORCE")]
    public void Shutdown_closes_without_a_reply(params string[] command)
    {
        using ServerProcess server = ServerProcess.Start(ServerKind.FastKv3);
        using RespClient client = server.Connect();
        client.SendRaw([.. RespClient.Encode(command), .. RespClient.Encode("PING")]);
        Assert.Empty(client.ReadToEnd());
        Assert.Equal(0, server.WaitForExit());
    }
}
