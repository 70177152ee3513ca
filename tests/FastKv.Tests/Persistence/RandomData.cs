using System.Globalization;
using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Persistence;

/// <summary>Commands that make random values of every type and encoding, from a seed. What they make is the same on every server.</summary>
internal sealed class RandomData(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<byte[][]> _commands = [];

    /// <summary>The commands so far.</summary>
    public IReadOnlyList<byte[][]> Commands => _commands;

    /// <summary>Adds values of all kinds under keys that begin with the prefix; returns the keys.</summary>
    public List<string> AddAll(string prefix, int rounds)
    {
        var keys = new List<string>();
        for (int round = 0; round < rounds; round++)
        {
            foreach (var (name, make) in Kinds())
            {
                string key = $"{prefix}:{name}:{round}";
                make(key);
                if (_random.Next(4) == 0)
                    Add("PEXPIREAT", key, (4_000_000_000_000 + _random.NextInt64(1_000_000_000)).ToString(CultureInfo.InvariantCulture));
                keys.Add(key);
            }
        }
        return keys;
    }

    /// <summary>Sends all commands to a server and fails on an error.</summary>
    public void SendTo(RespClient client)
    {
        foreach (var command in _commands)
        {
            var reply = client.CallBytes(command);
            if (reply.IsError)
                throw new InvalidOperationException($"{Encoding.Latin1.GetString(command[0])} {Encoding.Latin1.GetString(command[1])}: {reply}");
        }
    }

    private IEnumerable<(string Name, Action<string> Make)> Kinds()
    {
        yield return ("int", key => Add("SET", key, Integer()));
        yield return ("text", key => Add(B("SET"), B(key), Text(_random.Next(0, 60))));
        yield return ("long", key => Add(B("SET"), B(key), Text(_random.Next(60, 5000))));
        yield return ("repetitive", key => Add(B("SET"), B(key), Repetitive(_random.Next(10, 40_000))));
        yield return ("huge", key => Add(B("SET"), B(key), Repetitive(_random.Next(70_000, 1_300_000))));
        yield return ("hyperloglog", HyperLogLog);
        yield return ("shortlist", key => List(key, _random.Next(1, 8), 20));
        yield return ("list", key => List(key, _random.Next(10, 400), 100));
        yield return ("largelist", key => List(key, _random.Next(100, 300), 9000));
        yield return ("intset", key => Set(key, _random.Next(1, 300), integersOnly: true, 0));
        yield return ("packedset", key => Set(key, _random.Next(1, 90), integersOnly: false, 40));
        yield return ("set", key => Set(key, _random.Next(200, 900), integersOnly: false, 100));
        yield return ("intsetlarge", key => Set(key, _random.Next(600, 900), integersOnly: true, 0));
        yield return ("zset", key => SortedSet(key, _random.Next(1, 100), 40));
        yield return ("largezset", key => SortedSet(key, _random.Next(150, 700), 90));
        yield return ("hash", key => Hash(key, _random.Next(1, 100), 50));
        yield return ("largehash", key => Hash(key, _random.Next(100, 800), 200));
        yield return ("stream", key => Stream(key, _random.Next(1, 30), 6));
        yield return ("largestream", key => Stream(key, _random.Next(200, 500), 3));
    }

    private void HyperLogLog(string key)
    {
        int count = _random.Next(2) == 0 ? _random.Next(1, 50) : _random.Next(3000, 6000);
        foreach (int[] chunk in Enumerable.Range(0, count).Chunk(500))
            Add([B("PFADD"), B(key), .. chunk.Select(i => B($"{key}{i}"))]);
    }

    private void List(string key, int count, int bytesMax)
    {
        foreach (byte[][] chunk in Enumerable.Range(0, count).Select(_ => Element(bytesMax)).Chunk(50))
            Add([B(_random.Next(2) == 0 ? "LPUSH" : "RPUSH"), B(key), .. chunk]);
    }

    private void Set(string key, int count, bool integersOnly, int bytesMax)
    {
        string[] ranges = ["99", "30000", "2000000000", "9000000000000000000"];
        long range = long.Parse(ranges[_random.Next(ranges.Length)], CultureInfo.InvariantCulture);
        var members = Enumerable.Range(0, count).Select(_ => integersOnly ? B(_random.NextInt64(-range, range).ToString()) : Element(bytesMax));
        foreach (byte[][] chunk in members.Chunk(50))
            Add([B("SADD"), B(key), .. chunk]);
    }

    private void SortedSet(string key, int count, int bytesMax)
    {
        for (int i = 0; i < count; i++)
            Add(B("ZADD"), B(key), B(Score()), Element(bytesMax));
    }

    private void Hash(string key, int count, int bytesMax)
    {
        for (int i = 0; i < count; i++)
            Add(B("HSET"), B(key), Element(30), Element(bytesMax));
    }

    private void Stream(string key, int count, int fieldsMax)
    {
        long ms = 1_000_000, sequence = 0;
        var ids = new List<string>();
        for (int i = 0; i < count; i++)
        {
            if (_random.Next(3) != 0)
                (ms, sequence) = (ms + _random.Next(1, 100_000), _random.Next(3));
            else
                sequence += _random.Next(1, 4);
            ids.Add($"{ms}-{sequence}");
            var command = new List<byte[]> { B("XADD"), B(key), B(ids[^1]) };
            int fields = _random.Next(3) != 0 ? 2 : _random.Next(1, fieldsMax);
            for (int j = 0; j < fields; j++)
                command.AddRange([B($"field{j}"), Element(60)]);
            Add([.. command]);
        }
        foreach (string id in ids.Where(_ => _random.Next(10) == 0))
            Add("XDEL", key, id);
        for (int group = 0; group < _random.Next(3); group++)
        {
            Add("XGROUP", "CREATE", key, $"group{group}", _random.Next(2) == 0 ? "0" : ids[ids.Count / 2]);
            for (int consumer = 0; consumer < _random.Next(1, 4); consumer++)
            {
                Add("XREADGROUP", "GROUP", $"group{group}", $"consumer{consumer}", "COUNT", _random.Next(1, 40).ToString(), "STREAMS", key, ">");
                Add("XCLAIM", key, $"group{group}", $"consumer{consumer}", "0", ids[0], "TIME", "1600000000000", "RETRYCOUNT", "7", "JUSTID");
            }
            Add("XACK", key, $"group{group}", ids[0], ids[ids.Count / 3]);
            Add("XGROUP", "CREATECONSUMER", key, $"group{group}", "idle");
        }
        if (_random.Next(6) == 0)
            Add("XTRIM", key, "MAXLEN", "=", "0");
    }

    private string Score() => _random.Next(6) switch
    {
        0 => _random.Next(-200, 200).ToString(CultureInfo.InvariantCulture),
        1 => _random.NextInt64(-1L << 52, 1L << 52).ToString(CultureInfo.InvariantCulture),
        2 => (_random.NextDouble() * 1e10 - 5e9).ToString("R", CultureInfo.InvariantCulture),
        3 => _random.Next(2) == 0 ? "inf" : "-inf",
        4 => (_random.NextDouble() * Math.Pow(10, _random.Next(-300, 300))).ToString("R", CultureInfo.InvariantCulture),
        _ => _random.Next(40000).ToString(CultureInfo.InvariantCulture),
    };

    private string Integer() => _random.Next(5) switch
    {
        0 => _random.Next(-130, 130).ToString(CultureInfo.InvariantCulture),
        1 => _random.Next(-33000, 33000).ToString(CultureInfo.InvariantCulture),
        2 => _random.Next(int.MinValue, int.MaxValue).ToString(CultureInfo.InvariantCulture),
        3 => _random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        _ => (_random.Next(2) == 0 ? long.MinValue : long.MaxValue).ToString(CultureInfo.InvariantCulture),
    };

    private byte[] Element(int bytesMax) => _random.Next(4) switch
    {
        0 => B(Integer()),
        1 => Repetitive(_random.Next(0, bytesMax)),
        2 => B("member" + _random.Next(1000)),
        _ => Text(_random.Next(0, bytesMax)),
    };

    private byte[] Text(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Repetitive(int length)
    {
        byte[] pattern = Text(_random.Next(1, 30));
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = _random.Next(40) == 0 ? (byte)_random.Next(256) : pattern[i % pattern.Length];
        return bytes;
    }

    private void Add(params string[] words) => _commands.Add(Array.ConvertAll(words, B));

    private void Add(params byte[][] words) => _commands.Add(words);

    private static byte[] B(string text) => Encoding.Latin1.GetBytes(text);
}
