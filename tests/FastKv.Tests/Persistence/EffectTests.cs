using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FastKv.Engine.Commands;
using FastKv.Tests.Differential;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Persistence;

/// <summary>
/// Generated commands of every family, journal on: the append-only file alone makes the same data again, in FastKv and (where it knows the commands) in
/// redis-server; so do a rewrite in the midst of them, a snapshot, and DUMP with RESTORE. Every command that may write takes part, or the test fails.
/// FASTKV_EFFECT_SEED, FASTKV_EFFECT_STEPS and FASTKV_EFFECT_ROUNDS repeat or extend a run.
/// </summary>
public sealed class EffectTests(ITestOutputHelper output)
{
    private const int BatchSize = 50;
    private const int DefaultSeed = 20_261_121;

    /// <summary>Commands that the families seldom make with success.</summary>
    private static readonly string[] s_rare =
    [
        "XADD x 1-1 f v", "XADD x 2-1 f v", "XGROUP CREATE x g 0", "XGROUP CREATECONSUMER x g alone", "XREADGROUP GROUP g c COUNT 1 STREAMS x >",
        "XCLAIM x g d 0 1-1", "XAUTOCLAIM x g e 0 0", "XGROUP DELCONSUMER x g c", "XGROUP CREATE x gone $", "XGROUP DESTROY x gone", "XGROUP SETID x g 1-1",
        "XSETID x 9-9", "XACK x g 1-1", "PFADD p a b c", "PFCOUNT p", "PFDEBUG TODENSE p", "SET f 1.5", "INCRBYFLOAT f 0.1", "SADD s a b c d", "SPOP s 2",
        "SPOP s",
        "XADD drawn * f v", "XADD drawn 99999999999999-* f v", "SWAPDB 3 4",
    ];

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable("FASTKV_EFFECT_" + name), out int value) ? value : otherwise;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Effects_make_the_same_data_again(int shards)
    {
        int seed = Setting("SEED", DefaultSeed);
        output.WriteLine($"seed {seed}");
        using var run = new Run(shards);
        for (int round = 0; round < Setting("ROUNDS", 1); round++)
        {
            // First, since the rewrites of the others leave nothing of it that redis-server would not know.
            run.Family("newer", EffectCommands.Generate(EffectCommands.OfLaterVersions, seed + round, Setting("STEPS", 700)), isOfRedis70: false, seed + round);
            run.Family("newer streams", EffectCommands.Generate(EffectCommands.OfLaterStreams, seed + round, Setting("STEPS", 700)), isOfRedis70: false, seed + round);
            foreach (var (name, grammar) in EffectCommands.OfRedis70)
                run.Family(name, EffectCommands.Generate(grammar, seed + round, Setting("STEPS", 700)), isOfRedis70: true, seed + round);
        }
        run.Served();
        run.ByHand();
        Assert.True(run.Problems.Length == 0, run.Problems);
        run.CheckCoverage();
    }

    /// <summary>A server whose files are looked at, and one that values are restored in.</summary>
    private sealed class Run : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly AofServer _server;
        private readonly RedisServerProcess _receiver = new();
        private readonly StringBuilder _problems = new();
        private int _families;

        public Run(int shards) => _server = new AofServer(
            _folder.Path, isFastKv: true, "--shards", $"{shards}", "--debug-heap", "yes", "--enable-debug-command", "yes");

        public void Dispose()
        {
            _server.Dispose();
            _receiver.Dispose();
            _folder.Dispose();
        }

        /// <summary>Runs commands on the emptied server, a rewrite being begun in the middle, and checks all ways in which the data survives.</summary>
        public void Family(string name, List<Step> steps, bool isOfRedis70, int seed)
        {
            using (RespClient control = _server.Connect())
            {
                control.Call("FLUSHALL");
                control.Call("CONFIG", "SET", "aof-use-rdb-preamble", _families++ % 2 == 0 ? "yes" : "no");
            }
            int half = steps.Count / 2;
            Send(steps[..half]);
            using (RespClient control = _server.Connect())
            {
                Assert.StartsWith("Background", control.Call("BGREWRITEAOF").Text, StringComparison.Ordinal);
                Send(steps[half..]);
                Wait(control, "aof_rewrite_in_progress:0");
            }
            Note($"{name} seed {seed}", isOfRedis70, steps);
        }

        /// <summary>Clients that wait and are served.</summary>
        public void Served()
        {
            using (RespClient control = _server.Connect())
                control.Call("FLUSHALL");
            ServedClients.Run(_server.Connect, rounds: 2);
            Note("clients that wait", isOfRedis70: true, []);
        }

        /// <summary>Commands that no family makes.</summary>
        public void ByHand()
        {
            using (RespClient client = _server.Connect())
            {
                client.Call("FLUSHALL");
                foreach (string command in s_rare)
                    Assert.False(client.Call(command.Split(' ')).IsError, command);
                client.Call("RPUSH", "source", "a", "b");
                byte[] payload = client.Call("DUMP", "source").Payload!;
                foreach (string name in (string[])["RESTORE", "RESTORE-ASKING"])
                {
                    byte[][] key = [Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes("to:" + name)];
                    Assert.Equal("OK", client.CallBytes([.. key, "0"u8.ToArray(), payload]).Text);
                    Assert.Equal("OK", client.CallBytes([.. key, "1000000"u8.ToArray(), payload, "REPLACE"u8.ToArray()]).Text);
                    Assert.Equal("OK", client.CallBytes([.. key, "4102444800000"u8.ToArray(), payload, "REPLACE"u8.ToArray(), "ABSTTL"u8.ToArray()]).Text);
                    byte[][] past = [key[0], "gone"u8.ToArray(), "1"u8.ToArray(), payload, "REPLACE"u8.ToArray(), "ABSTTL"u8.ToArray()];
                    Assert.Equal("OK", client.CallBytes(past).Text);
                }
                if (client.Call("COMMAND", "INFO", "MIGRATE").Items![0].Items is not null)
                {
                    client.Call("SET", "moves", "away");
                    Assert.Equal("OK", client.Call("MIGRATE", "127.0.0.1", $"{_receiver.Port}", "moves", "5", "10000").Text);
                }
            }
            Note("commands by hand", isOfRedis70: true, []);
        }

        /// <summary>Every command that may write has run with success at least once.</summary>
        public void CheckCoverage()
        {
            using RespClient client = _server.Connect();
            string[] succeeded = [.. client.Call("INFO", "commandstats").Text.Split("\r\n").Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal))
                .Where(line => Count(line, "calls=") > Count(line, "failed_calls=")).Select(line => line["cmdstat_".Length..line.IndexOf(':')])];
            string[] writing = [.. CommandTable.All.Where(command => (command.Flags & CommandFlags.Write) != 0 && command.Subcommands.Length == 0)
                .Select(command => command.Name)];
            Assert.True(writing.Length > 100, "commands that write are not found");
            Assert.Equal([], writing.Except(succeeded, StringComparer.OrdinalIgnoreCase));
        }

        /// <summary>What has gone wrong so far; "": nothing.</summary>
        public string Problems => _problems.ToString();

        private void Note(string name, bool isOfRedis70, List<Step> steps)
        {
            if (Check(isOfRedis70) is { Length: > 0 } problems)
                _problems.Append($"--- {name}: {problems}{Told(steps, problems)}\n");
        }

        private static long Count(string line, string name)
        {
            int at = line.IndexOf((name == "calls=" ? ":" : ",") + name, StringComparison.Ordinal) + 1 + name.Length;
            return long.Parse(line[at..].Split(',')[0]);
        }

        private string Check(bool isOfRedis70)
        {
            DataImage before, after;
            using (RespClient client = _server.Connect())
            {
                DataImage.Settle(client);
                before = DataImage.Of(client, !isOfRedis70);
                client.Call("DEBUG", "LOADAOF");
                after = DataImage.Of(client, !isOfRedis70);
            }
            if (after.DifferenceFrom(before) is { Length: > 0 } afterLoading)
                return "after DEBUG LOADAOF " + afterLoading;
            if (isOfRedis70)
            {
                if (OfRedis("appendonlydir", "yes").DifferenceFrom(after) is { Length: > 0 } ofAof)
                    return "the append-only file in redis-server: " + ofAof;
            }
            using (RespClient client = _server.Connect())
            {
                Assert.Equal("OK", client.Call("SAVE").Text);
                before = after;
                if (isOfRedis70)
                {
                    if (OfRedis("dump.rdb", "no").DifferenceFrom(before) is { Length: > 0 } ofSnapshot)
                        return "the snapshot in redis-server: " + ofSnapshot;
                    using RespClient receiver = _receiver.Connect();
                    receiver.Call("FLUSHALL");
                    CopyAll(client, receiver);
                    if (DataImage.Of(receiver, hasFieldTimes: false).DifferenceFrom(before) is { Length: > 0 } ofPayloads)
                        return "DUMP and RESTORE to redis-server: " + ofPayloads;
                }
                Assert.Equal("OK", client.Call("DEBUG", "RELOAD").Text);
                if (DataImage.Of(client, !isOfRedis70).DifferenceFrom(before) is { Length: > 0 } ofReload)
                    return "after DEBUG RELOAD " + ofReload;
                CopyAll(client, client);
                if (DataImage.Of(client, !isOfRedis70).DifferenceFrom(before) is { Length: > 0 } ofOwnPayloads)
                    return "DUMP and RESTORE over itself: " + ofOwnPayloads;
            }
            return "";
        }

        private static void CopyAll(RespClient from, RespClient to)
        {
            foreach (int database in DataImage.Databases(from))
            {
                from.Call("SELECT", $"{database}");
                if (from != to)
                    to.Call("SELECT", $"{database}");
                foreach (RespFrame key in from.Call("KEYS", "*").Items!)
                {
                    byte[] payload = from.CallBytes("DUMP"u8.ToArray(), key.Payload!).Payload!;
                    long expiry = Math.Max(0, from.CallBytes("PEXPIRETIME"u8.ToArray(), key.Payload!).Integer);
                    byte[] time = Encoding.ASCII.GetBytes($"{expiry}");
                    Assert.Equal("OK", to.CallBytes("RESTORE"u8.ToArray(), key.Payload!, time, payload, "REPLACE"u8.ToArray(), "ABSTTL"u8.ToArray()).Text);
                }
            }
            from.Call("SELECT", "0");
            to.Call("SELECT", "0");
        }

        private void Send(List<Step> steps)
        {
            using RespClient client = _server.Connect();
            var batch = new List<byte[]>();
            foreach (Step step in steps)
            {
                if (step.Mode != Comparison.Pause)
                    batch.Add(RespClient.Encode(step.Arguments));
                if (step.Mode == Comparison.Pause || batch.Count == BatchSize)
                    Flush(client, batch);
                if (step.Mode == Comparison.Pause)
                    Thread.Sleep((int)step.Tolerance);
            }
            Flush(client, batch);
        }

        private void Flush(RespClient client, List<byte[]> batch)
        {
            try
            {
                client.Pipeline([.. batch.SelectMany(command => command)], batch.Count);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                throw new InvalidOperationException("the server has gone\n" + _server.Log, exception);
            }
            batch.Clear();
        }

        /// <summary>What redis-server makes of a copy of a file or directory.</summary>
        private DataImage OfRedis(string name, string appendOnly)
        {
            using var copy = new TemporaryFolder();
            string from = Path.Combine(_folder.Path, name), to = Path.Combine(copy.Path, name);
            if (Directory.Exists(from))
            {
                Directory.CreateDirectory(to);
                foreach (string file in Directory.GetFiles(from))
                    File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            }
            else
            {
                File.Copy(from, to);
            }
            using var redis = new AofServer(copy.Path, isFastKv: false, "--appendonly", appendOnly, "--enable-debug-command", "yes");
            using RespClient client = redis.Connect();
            return DataImage.Of(client, hasFieldTimes: false);
        }

        private static void Wait(RespClient client, string line)
        {
            var watch = Stopwatch.StartNew();
            while (!client.Call("INFO", "persistence").Text.Contains(line, StringComparison.Ordinal))
            {
                Assert.True(watch.ElapsedMilliseconds < 60_000, "still no " + line);
                Thread.Sleep(5);
            }
        }

        /// <summary>The last commands on a key that differs, and what the files say of it.</summary>
        private string Told(List<Step> steps, string problems)
        {
            string? line = problems.Split('\n').FirstOrDefault(text => text.Length > 2 && char.IsDigit(text[0]) && text.Contains(':'));
            if (line is null)
                return _server.Log;
            string key = line[(line.IndexOf(':') + 1)..];
            var text = new StringBuilder($"the last commands on {key}:\n");
            foreach (Step step in steps.Where(step => step.Arguments.Length > 0 && Concerns(step.Arguments, key)).TakeLast(30))
                text.Append("    ").Append(Cut(step.ToString())).Append('\n');
            foreach (string file in Directory.GetFiles(Path.Combine(_folder.Path, "appendonlydir"), "*.incr.aof").Order())
            {
                text.Append(Path.GetFileName(file)).Append('\n');
                foreach (byte[][] effect in Effects(File.ReadAllBytes(file)).Where(effect => Concerns(effect, key)).TakeLast(30))
                    text.Append("    ").Append(Cut(string.Join(' ', effect.Select(argument => RespFrame.Printable(argument))))).Append('\n');
            }
            return text.ToString();
        }

        private static string Cut(string text) => text.Length > 400 ? text[..400] + "..." : text;

        // A change of database, which has no key, concerns all.
        private static bool Concerns(byte[][] command, string key) =>
            command.Any(argument => RespFrame.Printable(argument) == key)
                || command[0].AsSpan().StartsWith("FLUSH"u8) || command[0].AsSpan().SequenceEqual("SELECT"u8);

        private static IEnumerable<byte[][]> Effects(byte[] bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                if (bytes[at] == '#')
                    at = Array.IndexOf(bytes, (byte)'\n', at) + 1;
                else if (RespFrame.TryRead(bytes, bytes.Length, ref at) is { } frame)
                    yield return [.. frame.Items!.Select(item => item.Payload!)];
                else
                    yield break;
            }
        }
    }
}
