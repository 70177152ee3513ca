using System.Diagnostics;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>All that a server holds, as text by key: to compare with another one's, and to say where they differ.</summary>
internal sealed class DataImage
{
    /// <summary>Times nearer than this could pass between two images.</summary>
    private const long NearMs = 100_000;

    private readonly SortedDictionary<string, string> _facts = new(StringComparer.Ordinal);

    private DataImage(string digest) => Digest = digest;

    /// <summary>DEBUG DIGEST.</summary>
    public string Digest { get; }

    /// <summary>How many keys there are.</summary>
    public int Keys => _facts.Count;

    /// <summary>
    /// Waits until what has expired has gone, and takes away what will soon: images of before and after a restart have no clock between them then.
    /// </summary>
    public static void Settle(RespClient client)
    {
        foreach (int database in Databases(client))
        {
            client.Call("SELECT", $"{database}");
            var watch = Stopwatch.StartNew();
            while (true)
            {
                RespFrame[] keys = client.Call("KEYS", "*").Items!;
                bool isSettled = true;
                foreach (RespFrame key in keys)
                    isSettled &= IsSettled(client, key.Payload!);
                if (isSettled && client.Call("DBSIZE").Integer == keys.Length)
                    break;
                Assert.True(watch.ElapsedMilliseconds < 60_000, "what has expired does not go");
                Thread.Sleep(10);
            }
        }
    }

    /// <summary>What the server holds now. Its client is left at database 0.</summary>
    public static DataImage Of(RespClient client, bool hasFieldTimes)
    {
        var image = new DataImage(client.Call("DEBUG", "DIGEST").Text);
        foreach (int database in Databases(client))
        {
            client.Call("SELECT", $"{database}");
            foreach (RespFrame key in client.Call("KEYS", "*").Items!)
                image._facts.Add($"{database}:{RespFrame.Printable(key.Payload!)}", FactsOf(client, key.Payload!, hasFieldTimes));
        }
        client.Call("SELECT", "0");
        return image;
    }

    /// <summary>"" when this is the same as expected; else what differs.</summary>
    /// <param name="expected">What it is compared with.</param>
    public string DifferenceFrom(DataImage expected)
    {
        if (Digest == expected.Digest && _facts.SequenceEqual(expected._facts))
            return "";
        var text = new StringBuilder(Digest == expected.Digest ? "the digests are equal\n" : "the digests differ\n");
        foreach (string key in _facts.Keys.Union(expected._facts.Keys))
        {
            string mine = _facts.GetValueOrDefault(key, "(none)"), theirs = expected._facts.GetValueOrDefault(key, "(none)");
            if (mine != theirs)
                text.Append($"{key}\n    expected {Cut(theirs)}\n    actual   {Cut(mine)}\n");
        }
        return text.ToString();
    }

    /// <summary>The databases that hold keys.</summary>
    public static int[] Databases(RespClient client) =>
        [.. client.Call("INFO", "keyspace").Text.Split("\r\n").Where(line => line.StartsWith("db", StringComparison.Ordinal))
            .Select(line => int.Parse(line[2..line.IndexOf(':')]))];

    private static string Cut(string text) => text.Length > 3000 ? text[..3000] + "..." : text;

    private static bool IsSettled(RespClient client, byte[] key)
    {
        if (client.CallBytes("PTTL"u8.ToArray(), key).Integer is >= 0 and < NearMs)
        {
            client.CallBytes("DEL"u8.ToArray(), key);
            return false;
        }
        if (client.CallBytes("TYPE"u8.ToArray(), key).Text != "hash")
            return true;
        RespFrame[] fields = client.CallBytes("HKEYS"u8.ToArray(), key).Items!;
        if (fields.Length == 0)
            return false;
        RespFrame[] times = Times(client, "HPTTL", key, [.. fields.Select(f => f.Payload!)]);
        byte[][] near = [.. fields.Where((_, i) => times[i].Integer is -2 or >= 0 and < NearMs).Select(f => f.Payload!)];
        if (near.Length > 0)
            client.CallBytes(["HDEL"u8.ToArray(), key, .. near]);
        return near.Length == 0 && client.CallBytes("HLEN"u8.ToArray(), key).Integer == fields.Length;
    }

    private static string FactsOf(RespClient client, byte[] key, bool hasFieldTimes)
    {
        string type = client.CallBytes("TYPE"u8.ToArray(), key).Text;
        string digest = client.CallBytes("DEBUG"u8.ToArray(), "DIGEST-VALUE"u8.ToArray(), key).ToString()!;
        string facts = $"{type} expires {client.CallBytes("PEXPIRETIME"u8.ToArray(), key).Text} {Line(digest)}";
        if (type == "stream")
        {
            RespFrame stream = client.CallBytes("XINFO"u8.ToArray(), "STREAM"u8.ToArray(), key, "FULL"u8.ToArray(), "COUNT"u8.ToArray(), "0"u8.ToArray());
            return facts + " " + WithoutClock(stream);
        }
        if (type != "hash" || !hasFieldTimes)
            return facts + " " + Content(client, key, type);
        RespFrame[] names = client.CallBytes("HKEYS"u8.ToArray(), key).Items!;
        byte[][] fields = [.. names.Select(f => f.Payload!).OrderBy(Encoding.Latin1.GetString, StringComparer.Ordinal)];
        RespFrame[] times = Times(client, "HPEXPIRETIME", key, fields);
        return $"{facts} {string.Join(' ', fields.Select((field, i) => $"{RespFrame.Printable(field)}={times[i].Text}"))}";
    }

    private static RespFrame[] Times(RespClient client, string command, byte[] key, byte[][] fields) =>
        client.CallBytes([Encoding.ASCII.GetBytes(command), key, "FIELDS"u8.ToArray(), Encoding.ASCII.GetBytes($"{fields.Length}"), .. fields]).Items!;

    // For those who read the difference: the digest has compared it already. (Not of sets and hashes, whose order is anybody's.)
    private static string Content(RespClient client, byte[] key, string type) => type switch
    {
        "string" => RespFrame.Printable(client.CallBytes("GET"u8.ToArray(), key).Payload!),
        "list" => Line(client.CallBytes("LRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray()).ToString()!),
        "zset" => Line(client.CallBytes("ZRANGE"u8.ToArray(), key, "0"u8.ToArray(), "-1"u8.ToArray(), "WITHSCORES"u8.ToArray()).ToString()!),
        _ => "",
    };

    private static string Line(string text) => string.Join(' ', text.Split('\n').Select(part => part.Trim()));

    // Which node of a radix tree an ID is in depends on how the tree came to be; and when consumers were seen is not in an append-only file.
    private static string WithoutClock(RespFrame frame)
    {
        if (frame.Items is not { } items)
            return frame.IsNull ? "nil" : RespFrame.Printable(frame.Payload!);
        var parts = new List<string>();
        for (int i = 0; i < items.Length; i++)
        {
            parts.Add(WithoutClock(items[i]));
            if (items[i].Text is "radix-tree-nodes" or "seen-time" or "active-time" && i + 1 < items.Length)
                i++;
        }
        return "[" + string.Join(' ', parts) + "]";
    }
}
