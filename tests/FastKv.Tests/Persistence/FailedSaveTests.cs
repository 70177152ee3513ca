using System.Globalization;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// The disk fails while large values of all types are frozen, some in the midst of being written, some deleted since: the save fails as Redis's does, everything
/// that was kept for it is let go, and the next one succeeds.
/// </summary>
public sealed class FailedSaveTests
{
    private const int Elements = 3000;
    private const int StringBytes = 10_000_000;

    private static readonly string[] s_changes =
    [
        "SETRANGE s1 5000000 xy", "SETRANGE s2 5000000 xy", "SETRANGE s3 9999999 xy", "DEL s3", "HSET h1 f5 changed", "HDEL h1 f6", "DEL h2", "SADD s:1 new", "SREM s:1 m7",
        "UNLINK s:2", "ZADD z1 7 m7 8 new", "ZREM z1 m9", "SET z2 x", "LPOP l1 300", "LSET l1 7 changed", "RPUSH l1 new", "DEL l2", "XADD x1 * f v", "XTRIM x1 MAXLEN 100",
        "XACK x1 g 5-1 6-1", "XCLAIM x1 g d 0 2950-1", "XGROUP DELCONSUMER x1 g c", "XGROUP DESTROY x2 g", "XACK x3 g 7-1", "DEL x3",
    ];

    [Theory]
    [InlineData(FileErrors.NoSpace)]
    [InlineData(FileErrors.IoError)]
    public void A_save_that_fails_lets_go_what_was_frozen(int error)
    {
        using var server = new HeldServer("stop-writes-on-bgsave-error yes\nsave 3600 1000000");
        using RespClient client = server.Connect();
        Fill(client);
        client.Call("BGSAVE");
        Assert.True(HeldServer.AwaitSave(client));
        byte[] before = File.ReadAllBytes(server.File);
        long frozen = server.FrozenTotal;

        server.Hold();
        Assert.False(client.Call("BGSAVE").IsError);
        server.AwaitPause();
        foreach (string change in s_changes)
            Assert.False(client.Call(change.Split(' ')).IsError, change);
        Assert.InRange(server.FrozenTotal - frozen, 10, s_changes.Length);
        long usedWhileFrozen = server.UsedBytes;
        server.Error = error;
        server.LetGo();

        // As Redis: the status, the old file as it was, and writes refused until a save succeeds.
        Assert.False(HeldServer.AwaitSave(client));
        Assert.True(File.ReadAllBytes(server.File).AsSpan().SequenceEqual(before));
        Assert.Equal([server.File], Directory.GetFiles(Path.GetDirectoryName(server.File)!));
        Assert.StartsWith("MISCONF", client.Call("SET", "k", "v").Text, StringComparison.Ordinal);

        // What was deleted goes as soon as the save does not want it: a string of ten million bytes at least.
        Patience.Until(
            () => server.UsedBytes <= usedWhileFrozen - StringBytes, () => $"{server.UsedBytes} bytes are used, {usedWhileFrozen} were while values were frozen");
        string digest = client.Call("DEBUG", "DIGEST").Text;

        server.Error = 0;
        Assert.False(client.Call("BGSAVE").IsError);
        Assert.True(HeldServer.AwaitSave(client));
        Assert.Equal("OK", client.Call("SET", "k", "v").Text);
        Assert.Equal(1, client.Call("DEL", "k").Integer);
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD", "NOSAVE").Text);
        Assert.Equal(digest, client.Call("DEBUG", "DIGEST").Text);
    }

    private static void Fill(RespClient client)
    {
        var commands = new List<string[]>();
        string text = string.Create(StringBytes, 0, (to, _) => to.Fill('t'));
        foreach (string key in (string[])["s1", "s2", "s3"])
            commands.Add(["SET", key, text]);
        string[] names = [.. Enumerable.Range(0, Elements).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        foreach (string number in (string[])["1", "2", "3"])
        {
            commands.Add(["HSET", "h" + number, .. names.SelectMany(n => (string[])["f" + n, "value" + n])]);
            commands.Add(["SADD", "s:" + number, .. names.Select(n => "m" + n)]);
            commands.Add(["ZADD", "z" + number, .. names.SelectMany(n => (string[])[n, "m" + n])]);
            commands.Add(["RPUSH", "l" + number, .. names.Select(n => "element number " + n)]);
            commands.AddRange(names.Select(n => (string[])["XADD", "x" + number, $"{int.Parse(n, CultureInfo.InvariantCulture) + 1}-1", "f", "value"]));
            commands.Add(["XGROUP", "CREATE", "x" + number, "g", "0"]);
            commands.Add(["XREADGROUP", "GROUP", "g", "c", "COUNT", "2000", "STREAMS", "x" + number, ">"]);
            commands.Add(["XREADGROUP", "GROUP", "g", "d", "STREAMS", "x" + number, ">"]);
        }
        foreach (RespFrame reply in client.Pipeline([.. commands.SelectMany(RespClient.Encode)], commands.Count))
            Assert.False(reply.IsError, reply.Text);
    }
}
