using System.Globalization;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>What stands in an append-only file for RESTORE, and what a file makes of commands that say "from now on".</summary>
public sealed class RestoreEffectTests
{
    private const long HourMs = 3_600_000;

    // P: a payload; +: an hour from now in Unix milliseconds.
    private static readonly string[] s_script =
    [
        "SET warm up", "RESTORE a 3600000 P", "RESTORE b 3600000 P IDLETIME 77", "RESTORE c 3600000 P FREQ 5", "RESTORE d 0 P", "RESTORE e + P ABSTTL",
        "RESTORE a 7200000 P REPLACE", "RESTORE a 7200000 P REPLACE IDLETIME 5", "RESTORE a 1 P", "RESTORE a 1 P REPLACE ABSTTL",
        "RESTORE a 1 P REPLACE ABSTTL", "RESTORE f 1 P ABSTTL", "RESTORE b 0 P replace", "restore b 3600000 P replace", "RESTORE-ASKING g 3600000 P",
        "CONFIG SET lazyfree-lazy-server-del yes", "RESTORE g 1 P REPLACE ABSTTL", "MULTI",
        "RESTORE h 3600000 P", "SET warm er", "RESTORE c 1 P REPLACE ABSTTL", "EXEC", "SELECT 1", "RESTORE a 3600000 P", "RESTORE a 0 x REPLACE",
    ];

    [Fact]
    public void Effects_are_those_of_redis_server() => Assert.Equal(Told(isFastKv: false), Told(isFastKv: true));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_restored_key_keeps_its_time_over_a_restart(int shards)
    {
        using var folder = new TemporaryFolder();
        using var server = new AofServer(folder.Path, isFastKv: true, "--shards", $"{shards}", "--appendfsync", "always");
        using (RespClient client = server.Connect())
        {
            byte[] payload = Payload(client);
            for (int i = 0; i < 10; i++)
                Assert.Equal("OK", client.CallBytes(Words($"RESTORE k{i} {HourMs} P IDLETIME 1000", payload)).Text);
            Assert.Equal("OK", client.CallBytes(Words($"RESTORE-ASKING asked {HourMs} P", payload)).Text);
        }
        server.KillAndRestart();
        using (RespClient client = server.Connect())
        {
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal("value", client.Call("GET", $"k{i}").Text);
                Assert.InRange(client.Call("PTTL", $"k{i}").Integer, 1, HourMs);
            }
            Assert.InRange(client.Call("PTTL", "asked").Integer, 1, HourMs);
        }
    }

    [Fact]
    public void A_file_that_says_from_now_on_means_the_time_of_loading()
    {
        using var folder = new TemporaryFolder();
        byte[] payload;
        using (var server = new FastKvProcess(1))
        {
            using RespClient client = server.Connect();
            payload = Payload(client);
        }

        // What was due by now when the file is loaded was there when the next command ran.
        string[] commands =
        [
            $"RESTORE r {HourMs} P", $"RESTORE-ASKING s {HourMs} P IDLETIME 100", "SET t v EX 3600", "SET u v px 3600000", "MSETEX 2 v 1 w 2 EX 3600",
            "SET x EX PXAT 1000", "PERSIST x", "RESTORE y 1000 P ABSTTL", "PERSIST y", "RESTORE z 1000 P ABSTTL",
        ];
        File.WriteAllBytes(Path.Combine(folder.Path, "appendonly.aof"), [.. commands.SelectMany(command => RespClient.Encode(Words(command, payload)))]);
        using (var server = new AofServer(folder.Path, isFastKv: true, "--shards", "1"))
        {
            using RespClient client = server.Connect();
            foreach (string key in (string[])["r", "s", "t", "u", "v", "w"])
                Assert.InRange(client.Call("PTTL", key).Integer, 1, HourMs);
            Assert.InRange(client.Call("OBJECT", "IDLETIME", "s").Integer, 100, 1000);
            Assert.Equal("EX", client.Call("GET", "x").Text);
            Assert.Equal("value", client.Call("GET", "y").Text);
            Assert.True(client.Call("GET", "z").IsNull);
        }
    }

    private static byte[] Payload(RespClient client)
    {
        Assert.Equal("OK", client.Call("SET", "source", "value").Text);
        byte[] payload = client.Call("DUMP", "source").Payload!;
        Assert.Equal(1, client.Call("DEL", "source").Integer);
        return payload;
    }

    private static byte[][] Words(string command, byte[] payload)
    {
        string later = (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + HourMs).ToString(CultureInfo.InvariantCulture);
        return [.. command.Split(' ').Select(word => word == "P" ? payload : Encoding.ASCII.GetBytes(word == "+" ? later : word))];
    }

    /// <summary>The increment's commands; times as hours from now.</summary>
    private static string Told(bool isFastKv)
    {
        using var folder = new TemporaryFolder();
        using (var server = new AofServer(folder.Path, isFastKv, isFastKv ? ["--shards", "1"] : []))
        {
            using (RespClient client = server.Connect())
            {
                byte[] payload = Payload(client);
                foreach (string command in s_script)
                    client.CallBytes(Words(command, payload));
            }
            server.Shutdown();
        }
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder.Path, "appendonlydir", "appendonly.aof.1.incr.aof"));
        var text = new StringBuilder();
        int at = 0;
        while (at < bytes.Length && RespFrame.TryRead(bytes, bytes.Length, ref at) is { } frame)
            text.AppendLine(string.Join(' ', frame.Items!.Select(item => Shown(item.Payload!))));
        return text.ToString();
    }

    private static string Shown(byte[] argument)
    {
        string text = Encoding.Latin1.GetString(argument);
        long nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        if (long.TryParse(text, CultureInfo.InvariantCulture, out long number) && number > nowMs)
            return $"<in {Math.Round((double)(number - nowMs) / HourMs)} hours>";
        return argument.Length > 12 && argument[^10] < 20 ? "<payload>" : text;
    }
}
