using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Differential;

/// <summary>Starting, stopping, passwords and the commands that end connections: each on a server of its own.</summary>
public sealed class LifecycleTests
{
    /// <summary>Servers to run against.</summary>
    public static TheoryData<ServerKind> Kinds => [ServerKind.Redis, ServerKind.FastKv1, ServerKind.FastKv3];

    [Theory]
    [InlineData(ServerKind.Redis, "SHUTDOWN")]
    [InlineData(ServerKind.Redis, "SHUTDOWN NOSAVE NOW FORCE")]
    [InlineData(ServerKind.FastKv1, "SHUTDOWN")]
    [InlineData(ServerKind.FastKv3, "SHUTDOWN")]
    [InlineData(ServerKind.FastKv3, "SHUTDOWN NOSAVE NOW FORCE")]
    public void Shutdown_closes_without_a_reply_and_exits_with_0(ServerKind kind, string command)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient other = server.Connect();
        using RespClient client = server.Connect();
        other.Call("SET", "k", "v");
        client.SendRaw(command + "\r\n");
        Assert.Empty(client.ReadToEnd());
        Assert.Empty(other.ReadToEnd());
        Assert.Equal(0, server.WaitForExit());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Shutdown_with_wrong_arguments_is_refused(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        Assert.Equal("ERR syntax error", client.Call("SHUTDOWN", "FOO").Text);
        Assert.Equal("ERR syntax error", client.Call("SHUTDOWN", "SAVE", "NOSAVE").Text);
        Assert.Equal("ERR No shutdown in progress.", client.Call("SHUTDOWN", "ABORT").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Quit_and_kill_close(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient quitter = server.Connect();
        quitter.SendRaw("QUIT\r\nPING\r\n");
        Assert.Equal("+OK\r\n", Encoding.Latin1.GetString(quitter.ReadToEnd()));

        using RespClient victim = server.Connect();
        using RespClient killer = server.Connect();
        string id = victim.Call("CLIENT", "ID").Text;
        Assert.Equal("1", killer.Call("CLIENT", "KILL", "ID", id).Text);
        Assert.Empty(victim.ReadToEnd());
        Assert.Equal("0", killer.Call("CLIENT", "KILL", "ID", id).Text);

        using RespClient byAddress = server.Connect();
        Assert.Equal("PONG", byAddress.Call("PING").Text);
        Assert.Equal("OK", killer.Call("CLIENT", "KILL", byAddress.Socket.LocalEndPoint!.ToString()!).Text);
        Assert.Empty(byAddress.ReadToEnd());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Client_pause_holds_writes_back(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient pauser = server.Connect();
        using RespClient writer = server.Connect();
        writer.Call("SET", "k", "1");
        Assert.Equal("OK", pauser.Call("CLIENT", "PAUSE", "100000", "WRITE").Text);
        Assert.Equal("1", writer.Call("GET", "k").Text);
        writer.Send("SET", "k", "2");
        Assert.Equal("1", pauser.Call("GET", "k").Text);
        Assert.Equal("OK", pauser.Call("CLIENT", "UNPAUSE").Text);
        Assert.Equal("OK", writer.Read().Text);
        Assert.Equal("2", pauser.Call("GET", "k").Text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_password_is_asked_for(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind, "--requirepass", "secret");
        using RespClient client = server.Connect();
        Assert.Equal("NOAUTH Authentication required.", client.Call("GET", "k").Text);
        Assert.Equal("NOAUTH Authentication required.", client.Call("PING").Text);
        Assert.StartsWith("NOAUTH HELLO must be called with the client already authenticated", client.Call("HELLO", "3").Text, StringComparison.Ordinal);
        Assert.StartsWith("WRONGPASS", client.Call("AUTH", "wrong").Text, StringComparison.Ordinal);
        Assert.Equal("OK", client.Call("AUTH", "secret").Text);
        Assert.Equal("PONG", client.Call("PING").Text);
        Assert.Equal("OK", client.Call("AUTH", "default", "secret").Text);
        Assert.Equal("RESET", client.Call("RESET").Text);
        Assert.Equal("NOAUTH Authentication required.", client.Call("GET", "k").Text);
        Assert.Equal('%', client.Call("HELLO", "3", "AUTH", "default", "secret").Type);
        using RespClient quitter = server.Connect();
        Assert.Equal("OK", quitter.Call("QUIT").Text);
        using RespClient large = server.Connect();
        large.SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000\r\n");
        Assert.Equal("-ERR Protocol error: unauthenticated bulk length\r\n", Encoding.Latin1.GetString(large.ReadToEnd()));
        using RespClient many = server.Connect();
        many.SendRaw("*11\r\n");
        Assert.Equal("-ERR Protocol error: unauthenticated multibulk length\r\n", Encoding.Latin1.GetString(many.ReadToEnd()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Active_expiry_removes_keys_that_nobody_reads(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient client = server.Connect();
        for (int i = 0; i < 1000; i++)
            client.Send("SET", "key:" + i, "v", "PX", "50");
        for (int i = 0; i < 1000; i++)
            Assert.Equal("OK", client.Read().Text);
        Patience.Until(() => client.Call("DBSIZE").Text == "0", "not all keys expire");
        Assert.Equal("0", client.Call("DBSIZE").Text);
        Assert.Contains("expired_keys:1000\r\n", client.Call("INFO", "stats").Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_config_file_and_options_start_the_server(ServerKind kind)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "# a comment\nmaxmemory-samples 7\ndatabases 4\n\nhash-max-listpack-entries 99\nrename-command LOLWUT \"\"\n");
            using ServerProcess server = ServerProcess.Start(kind, "--include", file, "--hz", "20");
            using RespClient client = server.Connect();
            Assert.Equal("7", client.Call("CONFIG", "GET", "maxmemory-samples").Items![1].Text);
            Assert.Equal("20", client.Call("CONFIG", "GET", "hz").Items![1].Text);
            Assert.Equal("ERR DB index is out of range", client.Call("SELECT", "4").Text);
            Assert.StartsWith("ERR unknown command 'LOLWUT'", client.Call("LOLWUT").Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
