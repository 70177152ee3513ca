using System.Diagnostics;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Snapshots while clients write all types, large values included: BGSAVE and the base of an append-only file are of the instant at which they began. The
/// clients stand still for DEBUG DIGEST and the command, and go on at once; redis-server loads the files.
/// </summary>
public sealed class SnapshotLoadTests(ITestOutputHelper output)
{
    private const int Keys = 4000;
    private const int Writers = 3;
    private const int BatchSize = 20;
    private long _writtenMeanwhile;

    [Theory]
    [InlineData(1, "yes")]
    [InlineData(3, "yes")]
    [InlineData(1, "no")]
    [InlineData(3, "no")]
    public void A_snapshot_under_load_is_of_one_instant(int shards, string preamble)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        using var folder = new TemporaryFolder();
        using var server = new FastKvProcess(shards, "--dir", folder.Path, "--auto-aof-rewrite-percentage", "0", "--aof-use-rdb-preamble", preamble);
        using RespClient client = server.Connect();
        Fill(client, new Random(seed));
        using var load = new Load(server, seed);
        for (int i = 0; i < 2 && preamble == "yes"; i++)
            Check(client, load, "BGSAVE", "rdb_bgsave_in_progress", () => RedisDigestOf(folder.File));

        client.Call("CONFIG", "SET", "appendonly", "yes");
        Wait(client, "aof_rewrite_in_progress");

        // A log that began under load has all of it.
        load.Pause(() =>
        {
            string now = DataComparison.DigestOf(client);
            Assert.Equal("OK", client.Call("DEBUG", "LOADAOF").Text);
            Assert.Equal(now, DataComparison.DigestOf(client));
        });
        string directory = Path.Combine(folder.Path, "appendonlydir");
        for (int i = 0; i < 2; i++)
        {
            Check(client, load, "BGREWRITEAOF", "aof_rewrite_in_progress", () =>
            {
                using var alone = new BaseAlone(directory, isRdb: preamble == "yes");
                return alone.Loaded(isFastKv: false, shards, DataComparison.DigestOf);
            });
        }
        load.Stop();
        Assert.True(_writtenMeanwhile > 0, "nothing was written while snapshots were made");
        string last = DataComparison.DigestOf(client);
        Assert.Equal("OK", client.Call("DEBUG", "LOADAOF").Text);
        Assert.Equal(last, DataComparison.DigestOf(client));
    }

    private void Check(RespClient client, Load load, string command, string state, Func<string> redisDigest)
    {
        string digest = "";
        load.Pause(() =>
        {
            digest = DataComparison.DigestOf(client);
            Assert.EndsWith("started", client.Call(command).Text, StringComparison.Ordinal);
        });
        long before = load.Batches;
        var watch = Stopwatch.StartNew();
        Wait(client, state);
        long meanwhile = load.Batches - before;
        output.WriteLine($"{command}: {meanwhile} batches of writes in {watch.ElapsedMilliseconds} ms");
        _writtenMeanwhile += meanwhile;
        Assert.Equal(digest, redisDigest());
    }

    private static string RedisDigestOf(string file)
    {
        using var folder = new TemporaryFolder();
        File.Copy(file, folder.File);
        using var redis = new AofServer(folder.Path, isFastKv: false, "--appendonly", "no", "--enable-debug-command", "yes");
        using RespClient reader = redis.Connect();
        return DataComparison.DigestOf(reader);
    }

    private static void Wait(RespClient client, string state)
    {
        var watch = Stopwatch.StartNew();
        while (client.Call("INFO", "persistence").Text.Contains(state + ":1", StringComparison.Ordinal))
        {
            Assert.True(watch.ElapsedMilliseconds < 120_000, "the snapshot does not end");
            Thread.Sleep(2);
        }
        string info = client.Call("INFO", "persistence").Text;
        Assert.Contains("rdb_last_bgsave_status:ok", info, StringComparison.Ordinal);
        Assert.Contains("aof_last_bgrewrite_status:ok", info, StringComparison.Ordinal);
    }

    private static void Fill(RespClient client, Random random)
    {
        var commands = new List<string[]>();
        for (int i = 0; i < Keys; i++)
        {
            commands.Add(["SET", $"s{i}", new string('v', random.Next(10) == 0 ? 30_000 : random.Next(1, 300))]);
            commands.Add(["SET", $"n{i}", $"{i}"]);
            commands.Add(["HSET", $"h{i}", "f", "1", "g", $"{i}"]);
            commands.Add(["RPUSH", $"l{i}", "a", "b", $"{i}"]);
            commands.Add(["SADD", $"t{i}", "1", "2", i % 2 == 0 ? "3" : "text"]);
            commands.Add(["ZADD", $"z{i}", "1", "a", "2", "b"]);
            if (i % 8 != 0)
                continue;
            commands.Add(["PFADD", $"p{i}", "a", "b"]);
            commands.Add(["XADD", $"x{i}", "1-1", "f", "v"]);
            commands.Add(["XGROUP", "CREATE", $"x{i}", "g", "0"]);
        }
        for (int i = 0; i < 3; i++)
        {
            commands.Add(["SETRANGE", $"s{i}", "1000000", "end"]);
            commands.Add(["SETBIT", $"n{i}", "4000000", "1"]);
            for (int part = 0; part < 20; part++)
            {
                int[] numbers = [.. Enumerable.Range(part * 500, 500)];
                commands.Add(["HSET", $"h{i}", .. numbers.SelectMany(n => (string[])[$"field{n}", $"value {n}"])]);
                commands.Add(["RPUSH", $"l{i}", .. numbers.Select(n => $"element {n}")]);
                commands.Add(["SADD", $"t{i}", .. numbers.Select(n => $"member {n}")]);
                commands.Add(["ZADD", $"z{i}", .. numbers.SelectMany(n => (string[])[$"{n}", $"member {n}"])]);
            }
            for (int n = 0; n < 3000; n++)
                commands.Add(["XADD", $"x{i * 8}", $"{n + 10}-1", "field", $"value {n}"]);
        }
        foreach (string[][] batch in commands.Chunk(500))
            Assert.DoesNotContain(client.Pipeline([.. batch.SelectMany(RespClient.Encode)], batch.Length), reply => reply.IsError);
    }

    /// <summary>Clients that change everything, until they are stopped.</summary>
    private sealed class Load : IDisposable
    {
        private static readonly string[] s_expected =
        [
            "WRONGTYPE", "NOGROUP", "ERR no such key", "ERR index out of range", "ERR value is not an integer", "ERR increment or decrement would overflow",
            "ERR hash value", "ERR The ID specified in XADD", "ERR The XGROUP",
        ];

        private readonly Thread[] _threads;
        private readonly ReaderWriterLockSlim _pause = new();
        private long _batches;
        private volatile bool _isOver;
        private volatile Exception? _failure;

        public Load(ServerProcess server, int seed)
        {
            _threads = [.. Enumerable.Range(0, Writers).Select(i => new Thread(() => Run(server, new Random(seed + i))) { IsBackground = true })];
            foreach (Thread thread in _threads)
                thread.Start();
        }

        public long Batches
        {
            get
            {
                Assert.True(_failure is null, _failure?.ToString());
                return Interlocked.Read(ref _batches);
            }
        }

        public void Stop()
        {
            _isOver = true;
            foreach (Thread thread in _threads)
                thread.Join();
            Assert.True(Batches > 0, "nothing was written");
        }

        /// <summary>Does something while no command of the clients is under way.</summary>
        public void Pause(Action action)
        {
            _pause.EnterWriteLock();
            try
            {
                action();
            }
            finally
            {
                _pause.ExitWriteLock();
            }
        }

        public void Dispose()
        {
            _isOver = true;
            foreach (Thread thread in _threads)
                thread.Join();
            _pause.Dispose();
        }

        private void Run(ServerProcess server, Random random)
        {
            try
            {
                using RespClient client = server.Connect();
                while (!_isOver)
                {
                    string[][] batch = [.. Enumerable.Range(0, BatchSize).Select(_ => Command(random))];
                    _pause.EnterReadLock();
                    RespFrame[] replies = client.Pipeline([.. batch.SelectMany(RespClient.Encode)], batch.Length);
                    _pause.ExitReadLock();
                    for (int i = 0; i < replies.Length; i++)
                        Assert.False(replies[i].IsError && !IsExpected(replies[i].Text), $"{string.Join(' ', batch[i])}: {replies[i].Text}");
                    Interlocked.Increment(ref _batches);
                }
            }
            catch (Exception exception)
            {
                _failure = exception;
            }
        }

        // What the other clients have made of a key: its type, or that it is gone.
        private static bool IsExpected(string error) =>
            s_expected.Any(start => error.StartsWith(start, StringComparison.Ordinal));

        // One in six meets a large value.
        private static string[] Command(Random random)
        {
            int n = random.Next(6) == 0 ? random.Next(3) : random.Next(Keys), m = random.Next(Keys), x = n / 8 * 8;
            string word = $"{random.Next(100_000)}";
            return random.Next(46) switch
            {
                0 or 1 => ["SET", $"s{n}", word],
                2 => ["APPEND", $"s{n}", word],
                3 => ["SETRANGE", $"s{n}", $"{random.Next(300)}", word],
                4 => ["SETBIT", $"n{n}", $"{random.Next(2000)}", "1"],
                5 => ["BITFIELD", $"n{n}", "SET", "u8", "0", "77"],
                6 => ["INCR", $"n{n}"],
                7 or 8 => ["HSET", $"h{n}", $"field{random.Next(9000)}", word],
                9 => ["HDEL", $"h{n}", $"field{random.Next(9000)}", "f"],
                10 => ["HINCRBY", $"h{n}", "g", "3"],
                11 => ["RPUSH", $"l{n}", word, "x"],
                12 => ["LPOP", $"l{n}"],
                13 => ["LSET", $"l{n}", "0", word],
                14 => ["LINSERT", $"l{n}", "BEFORE", "b", word],
                15 => ["LTRIM", $"l{n}", "1", "-1"],
                16 => ["SADD", $"t{n}", word],
                17 => ["SREM", $"t{n}", $"member {random.Next(9000)}", "1"],
                18 => ["SPOP", $"t{n}"],
                19 => ["ZADD", $"z{n}", word, $"member {random.Next(9000)}"],
                20 => ["ZREM", $"z{n}", $"member {random.Next(9000)}"],
                21 => ["ZINCRBY", $"z{n}", "1.5", "a"],
                22 => ["ZPOPMIN", $"z{n}"],
                23 or 24 => ["XADD", $"x{x}", "*", "f", word],
                25 => ["XDEL", $"x{x}", $"{random.Next(3000)}-1"],
                26 => ["XTRIM", $"x{x}", "MAXLEN", "~", "2500"],
                27 => ["XREADGROUP", "GROUP", "g", "c", "COUNT", "3", "STREAMS", $"x{x}", ">"],
                28 => ["XAUTOCLAIM", $"x{x}", "g", "d", "0", "0", "COUNT", "3"],
                29 => ["PFADD", $"p{x}", word],
                30 => ["PFCOUNT", $"p{x}"],
                31 => ["RENAME", $"s{m}", $"s{n}"],
                32 => ["COPY", $"h{m}", $"h{(m + 1) % Keys}", "REPLACE"],
                33 => ["DEL", $"s{m}", $"h{m}", $"l{m}"],
                34 => ["EXPIRE", $"z{n}", "100000"],
                35 => ["PERSIST", $"z{n}"],
                36 => ["MSET", $"s{n}", word, $"s{m}", word, $"s{(n + m) % Keys}", word],
                37 => ["LMOVE", $"l{n}", $"l{m}", "LEFT", "RIGHT"],
                38 => ["SUNIONSTORE", $"t{m}", $"t{m}", $"t{(m + 1) % Keys}"],
                39 => ["MOVE", $"s{n}", "1"],
                40 => ["GETDEL", $"s{n}"],
                41 => ["GEOADD", $"z{n}", "1", "1", word],
                42 => ["HINCRBYFLOAT", $"h{n}", "g", "0.5"],
                43 => ["SMOVE", $"t{n}", $"t{m}", "2"],
                44 => random.Next(200) == 0 ? ["SWAPDB", "1", "2"] : ["UNLINK", $"z{m}"],
                _ => ["SETEX", $"s{n}", "100000", word],
            };
        }
    }
}
