using System.Diagnostics;
using System.Net.Sockets;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A server over three shards is killed at random moments under mixed load, during rewrites too, and started again. What it has acknowledged is there (with
/// everysec, what was acknowledged two seconds before), and nothing that spans shards is there by half. FASTKV_CRASH_ROUNDS sets the number of rounds.
/// </summary>
public sealed class AofCrashTests(ITestOutputHelper output)
{
    private const int Writers = 5;
    private const int Spread = 6;
    private const int Elements = 8;

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("FASTKV_CRASH_ROUNDS"), out int rounds) ? rounds : 10;

    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public void What_was_acknowledged_survives_and_nothing_by_half(string policy)
    {
        int seed = Environment.TickCount;
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
                client.Call("CONFIG", "SET", "appendfsync", "always");
                client.Call("SET", "sync", "1");
                client.Call("CONFIG", "SET", "appendfsync", policy);
            }
            long acknowledged = 0;
            for (int round = 0; round < Rounds; round++)
            {
                var threads = writers.Select(writer => new Thread(() => writer.Run(server)) { IsBackground = true }).ToArray();
                foreach (var thread in threads)
                    thread.Start();
                Thread.Sleep(random.Next(50, 500));
                if (random.Next(3) == 0)
                {
                    using var client = server.Connect();
                    client.Call("BGREWRITEAOF");
                    Thread.Sleep(random.Next(0, 100));
                }
                long killed = Stopwatch.GetTimestamp();
                server.Kill();
                foreach (var thread in threads)
                    thread.Join();
                server.KillAndRestart();
                using var reader = server.Connect();
                foreach (var writer in writers)
                    acknowledged += writer.Check(reader, policy == "always" ? killed : killed - 2 * Stopwatch.Frequency);
            }
            output.WriteLine($"{Rounds} rounds, {acknowledged} operations acknowledged");
            Assert.True(acknowledged > 0, "nothing was written");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>One client with keys of its own, and the model of what it has been told.</summary>
    private sealed class Writer(int index, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<(long At, string Kind, long Number)> _acknowledged = [];
        private long _number;
        private long _counter;
        private string _name = $"ren{index}:0";

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
            _name = names[0].Text;
            Assert.Equal($"R{index}", client.Call("GET", _name).Text);

            var elements = client.Call("LRANGE", $"l{index}:a", "0", "-1").Items!.Concat(client.Call("LRANGE", $"l{index}:b", "0", "-1").Items!);
            Assert.Equal(Enumerable.Range(0, Elements), elements.Select(item => (int)item.Integer).Order());
            int count = _acknowledged.Count;
            _acknowledged.Clear();
            return count;
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
            switch (_random.Next(6))
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
                    client.Call("RENAME", _name, name);
                    _name = name;
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
