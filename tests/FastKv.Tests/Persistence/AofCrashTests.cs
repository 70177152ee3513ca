using System.Diagnostics;
using System.Net.Sockets;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A server over three shards is killed at random moments under mixed load, during snapshots and rewrites too, and started again. What it has acknowledged is
/// there (with everysec, what was acknowledged two seconds before), and nothing that spans shards is there by half. FASTKV_CRASH_ROUNDS sets the number of
/// rounds per policy; FASTKV_CRASH_SEED repeats what is drawn (though not the moments).
/// </summary>
public sealed class AofCrashTests(ITestOutputHelper output)
{
    private const int Writers = 5;
    private const int Spread = 6;
    private const int Elements = 8;

    /// <summary>
    /// Keys that nobody changes, in a database of their own: a snapshot and a rewrite take some time, so that the end comes in the middle of them.
    /// </summary>
    private const int Ballast = 20_000;

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("FASTKV_CRASH_ROUNDS"), out int rounds) ? rounds : 10;

    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public void What_was_acknowledged_survives_and_nothing_by_half(string policy)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("FASTKV_CRASH_SEED"), out int given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string directory = Directory.CreateTempSubdirectory("fastkv-crash-").FullName;
        try
        {
            using var server = new AofServer(directory, isFastKv: true, "--shards", "3", "--appendfsync", policy, "--auto-aof-rewrite-min-size", "100kb");
            var writers = new Writer[Writers];
            using (var client = server.Connect())
            {
                for (int i = 0; i < Writers; i++)
                {
                    writers[i] = new Writer(i, random.Next());
                    writers[i].Prepare(client);
                }
                FillBallast(client);
                client.Call("CONFIG", "SET", "appendfsync", "always");
                client.Call("SET", "sync", "1");
                client.Call("CONFIG", "SET", "appendfsync", policy);
            }
            long acknowledged = 0;
            int duringSave = 0, duringRewrite = 0;
            for (int round = 0; round < Rounds; round++)
            {
                var threads = writers.Select(writer => new Thread(() => writer.Run(server)) { IsBackground = true }).ToArray();
                foreach (var thread in threads)
                    thread.Start();
                Thread.Sleep(random.Next(50, 500));
                string[] saving = random.Next(4) switch
                {
                    0 => ["BGSAVE"],
                    1 => ["BGREWRITEAOF"],
                    2 => ["BGSAVE", "BGREWRITEAOF"],
                    _ => [],
                };
                if (saving.Length > 0)
                {
                    using var client = server.Connect();
                    client.Call("CONFIG", "SET", "aof-use-rdb-preamble", random.Next(2) == 0 ? "yes" : "no");
                    foreach (string command in saving)
                        client.Call(command);
                    Thread.Sleep(random.Next(0, 60));
                    string state = client.Call("INFO", "persistence").Text;
                    duringSave += state.Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal) ? 1 : 0;
                    duringRewrite += state.Contains("aof_rewrite_in_progress:1", StringComparison.Ordinal) ? 1 : 0;
                }
                long killed = Stopwatch.GetTimestamp();
                server.Kill();
                foreach (var thread in threads)
                    thread.Join();
                server.KillAndRestart();
                using var reader = server.Connect();
                foreach (var writer in writers)
                    acknowledged += writer.Check(reader, policy == "always" ? killed : killed - 2 * Stopwatch.Frequency);
                reader.Call("SELECT", "1");
                Assert.Equal(Ballast, reader.Call("DBSIZE").Integer);
            }
            output.WriteLine($"{Rounds} rounds, {acknowledged} operations acknowledged");
            output.WriteLine($"killed during a save {duringSave} times, during a rewrite {duringRewrite} times");
            Assert.True(acknowledged > 0, "nothing was written");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void FillBallast(RespClient client)
    {
        client.Call("SELECT", "1");
        byte[] value = new byte[500];
        new Random(1).NextBytes(value);
        for (int i = 0; i < Ballast; i += 1000)
        {
            IEnumerable<byte[]> keys = Enumerable.Range(i, 1000).Select(n => System.Text.Encoding.ASCII.GetBytes($"ballast:{n}"));
            byte[][] commands = [.. keys.Select(key => RespClient.Encode("SET"u8.ToArray(), key, value))];
            client.Pipeline([.. commands.SelectMany(c => c)], commands.Length);
        }
        client.Call("SELECT", "0");
    }

    /// <summary>One client with keys of its own, and the model of what it has been told.</summary>
    private sealed class Writer(int index, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<(long At, string Kind, long Number)> _acknowledged = [];
        private long _number;
        private long _counter;
        private string _name = $"ren{index}:0";
        private readonly List<(long At, string Name)> _names = [];

        public void Prepare(RespClient client)
        {
            client.Call("SET", _name, $"R{index}");
            client.Call(["RPUSH", $"l{index}:a", .. Enumerable.Range(0, Elements).Select(i => i.ToString())]);
        }

        public void Run(AofServer server)
        {
            try
            {
                using var client = server.Connect();
                while (true)
                    Step(client);
            }
            catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException)
            {
                // The server has been killed: what it has not acknowledged may or may not be there.
                return;
            }
        }

        /// <summary>Compares with what the server has now; returns how much had been acknowledged, and begins a new model.</summary>
        public int Check(RespClient client, long until)
        {
            var certain = _acknowledged.Where(operation => operation.At < until).ToArray();
            CheckSpread(client, "m", certain);
            CheckSpread(client, "t", certain);
            foreach (var key in certain.Where(operation => operation.Kind == "set").GroupBy(operation => operation.Number % 50))
                Assert.True(Number(client, $"c{index}:{key.Key}") >= key.Max(operation => operation.Number), $"SET c{index}:{key.Key} is lost");

            long counter = Number(client, $"i{index}");
            Assert.InRange(counter, _counter + certain.Count(operation => operation.Kind == "incr"), _counter + _acknowledged.Count(operation => operation.Kind == "incr") + 1);
            _counter = counter;

            var names = client.Call("KEYS", $"ren{index}:*").Items!;
            Assert.Single(names);
            CheckName(names[0].Text, until);
            Assert.Equal($"R{index}", client.Call("GET", _name).Text);

            foreach (int key in certain.Where(operation => operation.Kind == "del").Select(operation => (int)(operation.Number % 20)).Distinct())
                CheckDeleted(client, key, certain);

            var elements = client.Call("LRANGE", $"l{index}:a", "0", "-1").Items!.Concat(client.Call("LRANGE", $"l{index}:b", "0", "-1").Items!);
            Assert.Equal(Enumerable.Range(0, Elements), elements.Select(item => (int)item.Integer).Order());
            int count = _acknowledged.Count;
            _acknowledged.Clear();
            return count;
        }

        // The key is where the last certain RENAME has put it, or where a later one has, the one under way included.
        private void CheckName(string name, long until)
        {
            int certain = _names.FindLastIndex(renamed => renamed.At < until);
            if (certain >= 0)
                Assert.Contains(name, _names.Skip(certain).Select(renamed => renamed.Name));
            _name = name;
            _names.Clear();
        }

        // The value is that of the last certain SET or none of before it, or of a later one; a DEL that is certain leaves nothing older than itself.
        private void CheckDeleted(RespClient client, int key, (long At, string Kind, long Number)[] certain)
        {
            long last = certain.Where(operation => operation.Kind == "del" && operation.Number % 20 == key).Max(operation => operation.Number);
            long value = Number(client, $"d{index}:{key}");
            Assert.True(value == 0 || value > last, $"DEL d{index}:{key} number {last} is lost: it holds {value}");
        }

        private static long Number(RespClient client, string key) => client.Call("GET", key) is { IsNull: false } value ? value.Integer : 0;

        // Keys on several shards that are always written together.
        private void CheckSpread(RespClient client, string kind, (long At, string Kind, long Number)[] certain)
        {
            long[] values = [.. Enumerable.Range(0, Spread).Select(i => Number(client, $"{kind}{index}:{i}"))];
            Assert.True(values.Distinct().Count() == 1, $"half of a command is there: {kind}{index} = {string.Join(' ', values)}");
            Assert.True(values[0] >= certain.Where(operation => operation.Kind == kind).Select(operation => operation.Number).DefaultIfEmpty().Max(), $"{kind}{index} is lost");
        }

        private void Step(RespClient client)
        {
            long number = ++_number;
            string kind = "";
            switch (_random.Next(7))
            {
                case 0:
                    kind = "set";
                    client.Call("SET", $"c{index}:{number % 50}", $"{number}");
                    break;
                case 1:
                    kind = "m";
                    client.Call(["MSET", .. Enumerable.Range(0, Spread).SelectMany(i => (string[])[$"m{index}:{i}", $"{number}"])]);
                    break;
                case 2:
                    kind = "t";
                    client.Call("MULTI");
                    for (int i = 0; i < Spread; i++)
                        client.Call("SET", $"t{index}:{i}", $"{number}");
                    client.Call("EXEC");
                    break;
                case 3:
                    kind = "incr";
                    client.Call("INCR", $"i{index}");
                    break;
                case 4:
                    kind = "rename";
                    string name = $"ren{index}:{number % 7}";
                    if (name == _name)
                        return;
                    _names.Add((long.MaxValue, name));
                    client.Call("RENAME", _name, name);
                    _name = name;
                    _names[^1] = (Stopwatch.GetTimestamp(), name);
                    break;
                case 5:
                    kind = "del";
                    client.Call("SET", $"d{index}:{number % 20}", $"{number}");
                    client.Call("DEL", $"d{index}:{number % 20}", $"d{index}:{(number + 1) % 20}", $"d{index}:{(number + 2) % 20}");
                    break;
                default:
                    kind = "move";
                    client.Call("LMOVE", $"l{index}:a", $"l{index}:b", "LEFT", "RIGHT");
                    client.Call("LMOVE", $"l{index}:b", $"l{index}:a", "LEFT", "RIGHT");
                    break;
            }
            _acknowledged.Add((Stopwatch.GetTimestamp(), kind, number));
        }
    }
}
