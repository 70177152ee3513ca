using System.Globalization;
using FastKv.Structures.Encoding;
using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Loading;

/// <summary>A server that is in the midst of one large value: it answers, it ends when it is told to, and says where the value is damaged.</summary>
public sealed class LargeValueLoadTests
{
    private const int Fields = 1_000_000;

    // The reader waits behind so many keys, if it is told to, so that a test can connect before the value's turn comes.
    private const int KeysBefore = 64;

    // In one turn there would be one answer more, or two, once the reader has passed the value.
    private const int AnswersMin = 10;
    private const int TriesMax = 8;

    [Theory]
    [InlineData(ServerKind.FastKv1, false)]
    [InlineData(ServerKind.FastKv3, false)]
    [InlineData(ServerKind.FastKv1, true)]
    [InlineData(ServerKind.FastKv3, true)]
    public void Clients_are_answered_meanwhile(ServerKind kind, bool isJournal)
    {
        int answers;
        for (int tries = 1; (answers = AnswersMeanwhile(kind, isJournal)) < AnswersMin; tries++)
            Assert.True(tries < TriesMax, $"{answers} answers");
    }

    // Few of a client that was asleep while the server worked; there is another try for it.
    private static int AnswersMeanwhile(ServerKind kind, bool isJournal)
    {
        using var folder = new TemporaryFolder();
        using var server = Start(kind, folder, isJournal, Hash(isTwice: false));
        using var client = server.Connect();
        _ = IsReadBeforeItIsBuilt(client);
        int answers = 0;
        while (client.Call("DBSIZE") is { IsError: true } reply)
        {
            Assert.Equal("LOADING Redis is loading the dataset in memory", reply.Text);
            answers++;
        }
        Assert.Equal(KeysBefore + 1, client.Call("DBSIZE").Integer);
        Assert.Equal(Fields, client.Call("HLEN", "large").Integer);
        Assert.Equal("999999", client.Call("HGET", "large", "field:999999").Text);
        Assert.Equal("x", client.Call("GET", "small:63").Text);
        return answers;
    }

    [Theory]
    [InlineData(ServerKind.FastKv1, false)]
    [InlineData(ServerKind.FastKv3, true)]
    public void A_fault_behind_many_parts_has_its_place(ServerKind kind, bool isJournal)
    {
        byte[] hash = Hash(isTwice: true);
        using var folder = new TemporaryFolder();
        using var server = Start(kind, folder, isJournal, hash);
        using var client = server.Connect();
        client.Send("CONFIG", "SET", "key-load-delay", "0");
        client.ReadToEnd();
        Assert.Equal(1, server.WaitForExit());
        Assert.Contains($"an element comes twice in a collection, at offset {FileOf(hash).Length - TailBytes}", server.Log);
        Assert.DoesNotContain("leak", server.Log, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Ready to accept", server.Log);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1, false)]
    [InlineData(ServerKind.FastKv3, true)]
    public void It_is_given_up_when_the_server_is_to_end(ServerKind kind, bool isJournal)
    {
        for (int tries = 1; !IsGivenUp(kind, isJournal); tries++)
            Assert.True(tries < TriesMax, "all is loaded by the time of the end");
    }

    private static bool IsGivenUp(ServerKind kind, bool isJournal)
    {
        using var folder = new TemporaryFolder();
        using var server = Start(kind, folder, isJournal, Hash(isTwice: false));
        using var client = server.Connect();
        bool isBeingBuilt = IsReadBeforeItIsBuilt(client);
        client.Send("SHUTDOWN");
        client.ReadToEnd();
        Assert.Equal(0, server.WaitForExit());
        Assert.Contains("bye bye", server.Log);
        Assert.DoesNotContain("leak", server.Log, StringComparison.OrdinalIgnoreCase);
        return isBeingBuilt && !server.Log.Contains("Ready to accept", StringComparison.Ordinal);
    }

    // Of the end mark and the checksum.
    private const int TailBytes = 1 + sizeof(ulong);

    private static byte[] Hash(bool isTwice)
    {
        var bytes = new List<byte>([4, .. LegacyValues.Text("large"), .. LegacyValues.Length(Fields)]);
        for (int i = 0; i < Fields; i++)
        {
            int number = isTwice && i == Fields - 1 ? 0 : i;
            bytes.AddRange(LegacyValues.Text(string.Create(CultureInfo.InvariantCulture, $"field:{number}")));
            bytes.AddRange(LegacyValues.Text(string.Create(CultureInfo.InvariantCulture, $"{i}")));
        }
        return [.. bytes];
    }

    private static byte[] FileOf(byte[] record)
    {
        var small = Enumerable.Range(0, KeysBefore).SelectMany(i => (byte[])[0, .. LegacyValues.Text($"small:{i}"), .. LegacyValues.Text("x")]);
        byte[] body = [.. "REDIS0010"u8, 254, 0, .. small, .. record, 255];
        return [.. body, .. BitConverter.GetBytes(Crc64.Append(0, body))];
    }

    private static ServerProcess Start(ServerKind kind, TemporaryFolder folder, bool isJournal, byte[] record)
    {
        string[] options = ["--dir", folder.Path, "--loading-process-events-interval-bytes", "1024", "--key-load-delay", "1000000"];
        if (!isJournal)
        {
            File.WriteAllBytes(folder.File, FileOf(record));
            return ServerProcess.Start(kind, options);
        }
        string directory = Directory.CreateDirectory(Path.Combine(folder.Path, "appendonlydir")).FullName;
        File.WriteAllBytes(Path.Combine(directory, "appendonly.aof.1.base.rdb"), FileOf(record));
        File.WriteAllText(Path.Combine(directory, "appendonly.aof.1.incr.aof"), "");
        File.WriteAllText(
            Path.Combine(directory, "appendonly.aof.manifest"),
            "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
        return ServerProcess.Start(kind, [.. options, "--appendonly", "yes"]);
    }

    // The reader is far ahead of who builds the value: from then on nothing else is left to do.
    // False: this thread was too slow to see that.
    private static bool IsReadBeforeItIsBuilt(RespClient client)
    {
        Assert.Equal("OK", client.Call("CONFIG", "SET", "key-load-delay", "0").Text);
        while (true)
        {
            string info = client.Call("INFO", "persistence").Text;
            if (!info.Contains("\r\nloading:1\r\n", StringComparison.Ordinal))
                return false;
            if (info.Contains("\r\nloading_loaded_perc:100", StringComparison.Ordinal) || info.Contains("\r\nloading_loaded_perc:99", StringComparison.Ordinal))
                return true;
        }
    }
}
