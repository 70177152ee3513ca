using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Eviction;

// What the tests of eviction do with servers over and over.
internal static class EvictionServer
{

    /// <summary>What INFO itself takes while it counts: redis-server evicts before a command, to the limit and no further.</summary>
    private const long InfoBytes = 32 << 10;

    /// <summary>A field of INFO as a number.</summary>
    public static long Info(RespClient client, string section, string field)
    {
        foreach (string line in client.Call("INFO", section).Text.Split("\r\n"))
        {
            if (line.StartsWith(field + ":", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(field.Length + 1));
        }
        throw new InvalidOperationException($"INFO {section} has no {field}");
    }

    public static long Used(RespClient client) => Info(client, "memory", "used_memory");

    /// <summary>Sets keys in pipelines.</summary>
    public static void Set(RespClient client, IEnumerable<(string Key, string Value, long Seconds)> pairs)
    {
        foreach ((string Key, string Value, long Seconds)[] chunk in pairs.Chunk(200))
        {
            using var bytes = new MemoryStream();
            foreach ((string key, string value, long seconds) in chunk)
                bytes.Write(seconds > 0 ? RespClient.Encode("SET", key, value, "EX", seconds.ToString()) : RespClient.Encode("SET", key, value));
            foreach (RespFrame reply in client.Pipeline(bytes.ToArray(), chunk.Length))
                Assert.Equal("OK", reply.Text);
        }
    }

    /// <summary>Which keys exist, asked for without a trace.</summary>
    public static bool[] Exist(RespClient client, IReadOnlyList<string> keys)
    {
        var result = new List<bool>();
        foreach (string[] chunk in keys.Chunk(200))
        {
            byte[] bytes = chunk.SelectMany(key => RespClient.Encode("EXISTS", key)).ToArray();
            result.AddRange(client.Pipeline(bytes, chunk.Length).Select(reply => reply.Text == "1"));
        }
        return [.. result];
    }

    /// <summary>Lowers maxmemory so that about that share of what is used now has to go, and waits until it has.</summary>
    public static void Squeeze(RespClient client, double share)
    {
        long limit = (long)(Used(client) * (1 - share));
        Assert.Equal("OK", client.Call("CONFIG", "SET", "maxmemory", limit.ToString()).Text);
        Patience.Until(() => Used(client) <= limit + InfoBytes, $"still above {limit} bytes");
    }

    /// <summary>A value whose bytes follow from its key and length.</summary>
    public static string ValueOf(string key, int length)
    {
        var text = new StringBuilder(length);
        while (text.Length < length)
            text.Append(key).Append(text.Length).Append(';');
        return text.ToString(0, length);
    }
}
