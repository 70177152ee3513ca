using System.Collections.Concurrent;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Tracking;

/// <summary>
/// Clients with caches of their own that believe what the server tells them, while others write: once all is quiet, no cache holds a value that is not the
/// server's. A lost invalidation, or one that comes before the reply that it makes void, leaves one behind.
/// </summary>
public sealed class CacheCoherenceTests(ITestOutputHelper output)
{
    private const int Readers = 4;
    private const int Writers = 2;
    private const int Keys = 40;
    private const int Rounds = 5;
    private const int BatchesPerRound = 60;
    private const int PipelineMax = 24;
    private const int QuietBatches = 3;

    [Theory]
    [InlineData(ServerKind.FastKv1, "")]
    [InlineData(ServerKind.FastKv3, "")]
    [InlineData(ServerKind.FastKv3, "BCAST")]
    [InlineData(ServerKind.FastKv3, "NOLOOP")]
    [InlineData(ServerKind.FastKv3, "table of 10 keys")]
    public async Task No_cache_keeps_a_stale_value(ServerKind kind, string mode)
    {
        using ServerProcess server = ServerProcess.Start(kind, mode.StartsWith("table", StringComparison.Ordinal) ? ["--tracking-table-max-keys", "10"] : []);
        int seed = TestEnvironment.DifferentialSeed;
        var readers = Enumerable.Range(0, Readers).Select(i => new CachingReader(server, seed + i, mode is "BCAST" or "NOLOOP" ? mode : "")).ToArray();
        long hits = 0;
        for (int round = 0; round < Rounds; round++)
        {
            int salt = seed + (round * 100);
            Task writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Run(() => Write(server, salt + i))));
            await Task.WhenAll(readers.Select(reader => Task.Run(() => reader.Read(() => writing.IsCompleted))));
            await writing;
            using RespClient check = server.Connect();

            // The keys that still expire do so now, while the readers listen.
            Patience.Until(() => Enumerable.Range(0, Keys).All(key => check.Call("PTTL", $"key{key}").Integer < 0), "the keys do not expire");
            for (int key = 0; key < Keys; key++)
                check.Call("EXISTS", $"key{key}");
            foreach (CachingReader reader in readers)
            {
                reader.TakeRest();
                foreach (var (key, value) in reader.Cache)
                {
                    string current = check.Call("GET", key).Text;
                    Assert.True(current == value, $"seed {seed} round {round} {mode}: a cache holds {key}={value}, the server {current}");
                    hits++;
                }
            }
        }
        foreach (CachingReader reader in readers)
            reader.Dispose();
        output.WriteLine($"seed {seed}: {hits} cached values checked, {readers.Sum(reader => reader.Invalidations)} invalidations");
        Assert.True(hits > 0 && readers.Sum(reader => reader.Invalidations) > 100, "nothing was cached, or nothing invalidated: the check says nothing");
    }

    private static void Write(ServerProcess server, int seed)
    {
        var random = new Random(seed);
        using RespClient client = server.Connect();
        for (int i = 0; i < BatchesPerRound; i++)
        {
            using var bytes = new MemoryStream();
            int count = random.Next(1, PipelineMax);
            for (int j = 0; j < count; j++)
                bytes.Write(Command(random, $"{seed}-{i}-{j}"));
            client.Pipeline(bytes.ToArray(), count);
        }
    }

    private static byte[] Command(Random random, string value) => random.Next(12) switch
    {
        0 => RespClient.Encode("DEL", KeyOf(random)),
        1 => RespClient.Encode("MSET", KeyOf(random), value, KeyOf(random), value + "'"),
        2 => RespClient.Encode("RENAME", KeyOf(random), KeyOf(random)),
        3 => RespClient.Encode("SET", KeyOf(random), value, "PX", "2"),
        4 when random.Next(20) == 0 => RespClient.Encode("FLUSHALL"),
        5 => RespClient.Encode("APPEND", KeyOf(random), "+"),
        _ => RespClient.Encode("SET", KeyOf(random), value),
    };

    private static string KeyOf(Random random) => $"key{random.Next(Keys)}";

    /// <summary>One connection in RESP3 with a cache of what it has read.</summary>
    private sealed class CachingReader : IDisposable
    {
        private readonly RespClient _client;
        private readonly Random _random;

        public CachingReader(ServerProcess server, int seed, string mode)
        {
            _random = new Random(seed);
            _client = server.Connect();
            _client.Call("HELLO", "3");
            RespFrame reply = mode.Length == 0 ? _client.Call("CLIENT", "TRACKING", "ON") : _client.Call("CLIENT", "TRACKING", "ON", mode);
            Assert.Equal("OK", reply.Text);
        }

        public ConcurrentDictionary<string, string> Cache { get; } = [];

        public long Invalidations { get; private set; }

        /// <summary>Reads keys in pipelines and fills the cache, until a little after the writers have ended; now and then writes one itself, which drops it
        /// from the cache.</summary>
        public void Read(Func<bool> isQuiet)
        {
            int left = QuietBatches;
            for (int i = 0; left > 0; i++)
            {
                if (isQuiet())
                    left--;
                using var bytes = new MemoryStream();
                string[] keys = new string[_random.Next(1, PipelineMax)];
                for (int j = 0; j < keys.Length; j++)
                {
                    bool writes = _random.Next(8) == 0;
                    string key = KeyOf(_random);
                    bytes.Write(writes ? RespClient.Encode("SET", key, $"own-{i}-{j}") : RespClient.Encode("GET", key));
                    keys[j] = writes ? "-" + key : key;
                }
                _client.SendRaw(bytes.ToArray());
                foreach (string key in keys)
                    Take(key);
            }
        }

        /// <summary>Takes what the server has still to tell: all of it is there before the answer to the second PING.</summary>
        public void TakeRest()
        {
            for (int round = 0; round < 2; round++)
            {
                _client.Send("PING");
                Take("-");
            }
        }

        public void Dispose() => _client.Dispose();

        private void Take(string key)
        {
            RespFrame frame;
            while ((frame = _client.Read()).Type == '>')
                Invalidate(frame);
            if (key[0] == '-')
                Cache.TryRemove(key[1..], out _);
            else if (frame.IsNull)
                Cache[key] = "";
            else
                Cache[key] = frame.Text;
        }

        private void Invalidate(RespFrame frame)
        {
            Assert.Equal("invalidate", frame.Items![0].Text);
            Invalidations++;
            if (frame.Items[1].Items is not { } keys)
                Cache.Clear();
            foreach (RespFrame key in frame.Items[1].Items ?? [])
                Cache.TryRemove(key.Text, out _);
        }
    }
}
