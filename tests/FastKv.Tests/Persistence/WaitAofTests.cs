using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>WAITAOF 1: the reply comes when what was written before is synced, and not before, whatever appendfsync says and however long the disk takes.</summary>
public sealed class WaitAofTests
{
    private const string NoFile = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";

    [Theory]
    [InlineData(1, "always")]
    [InlineData(3, "always")]
    [InlineData(1, "everysec")]
    [InlineData(3, "everysec")]
    public void It_returns_when_all_is_synced(int shards, string policy)
    {
        using var server = new WitnessedServer(shards, policy);
        using var client = server.Connect();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 12; i++)
                client.Call("SET", $"k{i}", $"{round}");
            Assert.Equal("1 0", Wait(client, "1", "0", "0"));
        }

        // Nothing has been written since.
        Assert.Equal("1 0", Wait(client, "1", "0", "0"));
        Assert.Equal("1 0", Wait(client, "0", "0", "0"));
        Assert.Equal("1 0", Wait(client, "1", "1", "50"));
        Assert.Equal("1 0", Wait(client, "0", "2", "50"));
    }

    [Theory]
    [InlineData(1, "always")]
    [InlineData(3, "always")]
    [InlineData(1, "everysec")]
    [InlineData(3, "everysec")]
    public void It_waits_for_a_slow_disk(int shards, string policy)
    {
        using var server = new WitnessedServer(shards, policy);
        using var client = server.Connect();
        using var other = server.Connect();
        Assert.Equal("1 0", Wait(client, "1", "0", "0"));
        server.Witness.Gate.Reset();
        int syncs = server.Witness.Syncs;
        client.SendRaw([.. RespClient.Encode("SET", "a", "1"), .. RespClient.Encode("SET", "b", "1"), .. RespClient.Encode("WAITAOF", "1", "0", "0")]);
        WaitFor(() => server.Witness.Syncs > syncs);
        if (policy == "everysec")
        {
            // The others go on, and who does not want to wait for ever is told that it is not safe.
            Assert.Equal("OK", client.Read().Text);
            Assert.Equal("OK", client.Read().Text);
            Assert.Equal("0 0", Wait(other, "1", "0", "30"));
            Assert.Equal("0 0", Wait(other, "0", "0", "0"));
            other.Call("MULTI");
            other.Call("WAITAOF", "1", "0", "0");
            Assert.Equal("0 0", Text(other.Call("EXEC").Items![0]));
        }
        Assert.Equal(0, client.Socket.Available);
        server.Witness.Gate.Set();
        if (policy == "always")
        {
            Assert.Equal("OK", client.Read().Text);
            Assert.Equal("OK", client.Read().Text);
        }
        Assert.Equal("1 0", Text(client.Read()));
        Assert.Equal("1 0", Wait(other, "1", "0", "0"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Without_fsync_it_waits_for_one_that_comes_otherwise(int shards)
    {
        using var server = new WitnessedServer(shards, "no");
        using var client = server.Connect();
        using var other = server.Connect();
        WaitFor(() => Wait(client, "1", "0", "50") == "1 0" || client.Call("CONFIG", "SET", "appendfsync", "always").IsError);
        client.Call("CONFIG", "SET", "appendfsync", "no");
        client.Call("SET", "a", "1");
        for (int i = 0; i < 150; i++)
            Assert.Equal("0 0", Wait(client, "1", "0", "1"));
        client.Send("WAITAOF", "1", "0", "0");
        WaitFor(() => other.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal));
        Assert.Equal(0, client.Socket.Available);
        other.Call("CONFIG", "SET", "appendfsync", "everysec");
        Assert.Equal("1 0", Text(client.Read()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_wait_ends_in_other_ways(int shards)
    {
        using var server = new WitnessedServer(shards, "everysec");
        using var client = server.Connect();
        using var other = server.Connect();
        string id = client.Call("CLIENT", "ID").Text;
        server.Witness.Gate.Reset();
        void Begin()
        {
            client.Call("SET", "a", "1");
            client.Send("WAITAOF", "1", "0", "0");
            WaitFor(() => other.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal));
        }
        Begin();
        Assert.Equal("1", other.Call("CLIENT", "UNBLOCK", id).Text);
        Assert.Equal("0 0", Text(client.Read()));
        Begin();
        Assert.Equal("1", other.Call("CLIENT", "UNBLOCK", id, "ERROR").Text);
        Assert.StartsWith("UNBLOCKED", client.Read().Text, StringComparison.Ordinal);
        using (var killed = server.Connect())
        {
            killed.Call("SET", "b", "1");
            killed.Send("WAITAOF", "1", "0", "0");
            WaitFor(() => other.Call("INFO", "clients").Text.Contains("blocked_clients:1", StringComparison.Ordinal));
        }
        WaitFor(() => other.Call("INFO", "clients").Text.Contains("blocked_clients:0", StringComparison.Ordinal));
        Begin();
        other.Send("CONFIG", "SET", "appendonly", "no");
        server.Witness.Gate.Set();
        Assert.Equal("OK", other.Read().Text);
        var reply = client.Read();
        Assert.True(reply.Text == NoFile || Text(reply) == "1 0", reply.ToString());
        Assert.Equal(NoFile, client.Call("WAITAOF", "1", "0", "0").Text);
        Assert.Equal("0 0", Wait(client, "0", "0", "0"));
        Assert.Equal("0 0", Wait(client, "0", "1", "20"));
    }

    /// <summary>FLUSHALL on several shards, for which all of them begin new files one after the other: it is synced when the last of them is.</summary>
    [Fact]
    public void New_files_are_not_safe_before_the_last_of_them_is()
    {
        const int Shards = 3;
        using var server = new WitnessedServer(Shards, "everysec");
        using var client = server.Connect();
        for (int i = 0; i < 12; i++)
            client.Call("SET", $"k{i}", "v");
        Assert.Equal("1 0", Wait(client, "1", "0", "0"));
        server.Witness.Passes = Shards - 1;
        server.Witness.Gate.Reset();
        int syncs = server.Witness.Syncs;
        Assert.Equal("OK", client.Call("FLUSHALL").Text);
        WaitFor(() => server.Witness.Syncs == syncs + Shards);
        for (int i = 0; i < 20; i++)
            Assert.Equal("0 0", Wait(client, "1", "0", "5"));
        server.Witness.Gate.Set();
        Assert.Equal("1 0", Wait(client, "1", "0", "0"));
    }

    /// <summary>A sync that fails is none.</summary>
    [Fact]
    public void A_failing_disk_acknowledges_nothing()
    {
        using var server = new WitnessedServer(3, "everysec");
        using var client = server.Connect();
        client.Call("SET", "a", "1");
        Assert.Equal("1 0", Wait(client, "1", "0", "0"));
        server.Witness.Error = Engine.Persistence.Files.FileErrors.IoError;
        client.Call("SET", "a", "2");
        Assert.Equal("0 0", Wait(client, "1", "0", "2500"));
        server.Witness.Error = 0;
        Assert.Equal("1 0", Wait(client, "1", "0", "0"));
    }

    [Fact]
    public void What_was_waited_for_survives_a_kill()
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", "3", "--appendfsync", "everysec");
        for (int round = 0; round < 3; round++)
        {
            using (var client = server.Connect())
            {
                for (int i = 0; i < 200; i++)
                    client.Call("SET", $"k{i}", $"{round}");
                Assert.Equal("1 0", Wait(client, "1", "0", "0"));
            }
            server.KillAndRestart();
            using var reader = server.Connect();
            for (int i = 0; i < 200; i++)
                Assert.Equal($"{round}", reader.Call("GET", $"k{i}").Text);
        }
    }

    private static string Wait(RespClient client, params string[] arguments) => Text(client.Call(["WAITAOF", .. arguments]));

    private static string Text(RespFrame frame) => frame.Items is { } items ? $"{items[0].Text} {items[1].Text}" : frame.Text;

    private static void WaitFor(Func<bool> condition) => Patience.Until(condition, "it does not happen");
}
