using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Migration;

/// <summary>MIGRATE between MULTI and EXEC: its replies beside redis-server's; and nobody sees half of the transaction, nor does a file.</summary>
public sealed class MigrateTransactionTests(ITestOutputHelper output)
{
    private const int MovesMin = 5;
    private readonly long[] _moved = new long[3];

    private static readonly string[] Script =
    [
        // What comes before and after sees what it should; the reply stands in the array.
        "MULTI", "SET a 1", "MIGRATE HOST PORT a 0 20000", "GET a", "EXEC", "GET a", "TARGET GET a",
        "MULTI", "SET a 2", "MIGRATE HOST PORT a 0 20000", "GET a", "MIGRATE HOST PORT a 0 20000 REPLACE", "EXISTS a", "SET a 3", "EXEC", "GET a", "TARGET GET a",
        "MULTI", "MIGRATE HOST PORT none 0 100", "SET b 1", "MIGRATE HOST PORT '' 0 100 KEYS n1 n2", "INCR b", "EXEC", "GET b",
        "MSET k1 1 k2 2 k3 3 k4 4 k5 5 k6 6", "MULTI", "DBSIZE", "MIGRATE HOST PORT '' 0 20000 KEYS k1 k2 k3 k4 gone k5", "MGET k1 k2 k3 k4 k5 k6", "DBSIZE",
        "INCRBY k1 10", "EXEC", "MGET k1 k2 k3 k4 k5 k6", "TARGET MGET k1 k2 k3 k4 k5 k6",
        "MULTI", "MIGRATE HOST PORT k6 3 20000 COPY", "MIGRATE HOST PORT k6 3 20000 COPY REPLACE", "MIGRATE HOST PORT k6 3 20000 COPY", "GET k6", "EXEC",
        "TARGET SELECT 3", "TARGET GET k6", "TARGET SELECT 0",
        "SELECT 2", "MULTI", "SET d 1", "SELECT 4", "SET d 2", "MIGRATE HOST PORT d 5 20000", "EXISTS d", "SELECT 2", "MIGRATE HOST PORT d 6 20000 COPY", "GET d",
        "SELECT 0", "EXEC", "TARGET SELECT 5", "TARGET GET d", "TARGET SELECT 6", "TARGET GET d", "TARGET SELECT 0", "DBSIZE",

        // Errors of arguments, of the network, of the target: one element each, and the others run.
        "SET e 1", "MULTI", "MIGRATE HOST PORT e 0 x", "MIGRATE HOST PORT e x 100", "MIGRATE HOST PORT e 0 100 COPY what", "MIGRATE HOST PORT e 0 100 KEYS a b",
        "MIGRATE HOST CLOSED e 0 500", "MIGRATE HOST nonsense e 0 500", "MIGRATE no.such.host.invalid 1 e 0 500", "MIGRATE LONG 1 e 0 500", "INCR e",
        "MIGRATE HOST MUTE e 0 1000", "INCR e", "MIGRATE HOST MUTE '' 0 1000 KEYS e k6 none", "INCR e", "EXEC", "GET e",
        "TARGET SET e busy", "MULTI", "MIGRATE HOST PORT e 0 20000", "MIGRATE HOST PORT '' 0 20000 KEYS k6 e", "MGET k6 e", "MIGRATE HOST PORT e 99 20000", "EXEC",
        "TARGET MGET k6 e", "MULTI", "MIGRATE HOST PORT e 0 20000 REPLACE AUTH secret", "GET e", "EXEC",
        "TARGET CONFIG SET requirepass secret", "MULTI", "SET p 1", "MIGRATE HOST PORT p 0 20000 AUTH wrong", "MIGRATE HOST PORT p 0 20000 AUTH2 nobody secret",
        "GET p", "MIGRATE HOST PORT p 0 20000 REPLACE AUTH secret", "GET p", "SET p 2", "MIGRATE HOST PORT p 0 20000 REPLACE AUTH2 default secret", "EXEC",
        "EXISTS p", "TARGET GET p", "TARGET CONFIG SET requirepass ''",

        // The transaction itself.
        "SET w 1", "MULTI", "MIGRATE", "EXEC", "MULTI", "MIGRATE HOST PORT w 0", "SET w 2", "EXEC", "GET w",
        "MULTI", "MIGRATE HOST PORT w 0 20000", "DISCARD", "GET w", "WATCH w", "OTHER SET w 5", "MULTI", "MIGRATE HOST PORT w 0 20000", "EXEC", "GET w",
        "TARGET EXISTS w", "WATCH w", "MULTI", "MIGRATE HOST PORT w 0 20000", "EXEC", "EXISTS w", "TARGET GET w",
        "SET y 1", "OTHER WATCH y", "MULTI", "MIGRATE HOST PORT y 0 20000", "EXEC", "OTHER MULTI", "OTHER PING", "OTHER EXEC",
        "MULTI", "RPUSH l 1 2", "MIGRATE HOST PORT l 0 20000", "BLPOP l 0", "LPUSH l 3", "FLUSHDB", "KEYS *", "HSET h f v", "MIGRATE HOST PORT h 0 20000",
        "DBSIZE", "EXEC", "DBSIZE", "TARGET LRANGE l 0 -1", "TARGET HGETALL h", "TARGET DBSIZE", "PING",
    ];

    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.Redis, 2)]
    [InlineData(ServerKind.FastKv1, ServerKind.FastKv3, 3)]
    [InlineData(ServerKind.FastKv3, ServerKind.Redis, 2)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv1, 3)]
    [InlineData(ServerKind.Redis, ServerKind.FastKv3, 2)]
    public void Replies_and_data_are_those_of_redis(ServerKind source, ServerKind target, int resp) =>
        MigrationScript.AssertAlike(Script, source, target, resp);

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void To_itself_it_fails_after_the_timeout(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var client = server.Connect();
        string port = server.Port.ToString();
        for (int i = 0; i < 6; i++)
        {
            client.Call("MULTI");
            client.Call("SET", $"a{i}", "1");
            client.Call("MIGRATE", "127.0.0.1", port, $"a{i}", "9", "1000");
            client.Call("GET", $"a{i}");
            var replies = client.Call("EXEC").Items!;
            Assert.Equal("IOERR error or timeout reading to target instance", replies[1].Text);
            Assert.Equal("1", replies[2].Text);
            Assert.Equal("PONG", client.Call("PING").Text);
        }
    }

    /// <summary>Many megabytes over all shards: several turns of the exchange, within one EXEC.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Many_keys_move(ServerKind kind)
    {
        using var source = ServerProcess.Start(kind);
        using var target = ServerProcess.Start(ServerKind.Redis);
        using var ours = source.Connect();
        using var theirs = target.Connect();
        string[] keys = [.. Enumerable.Range(0, 3000).Select(i => $"key{i}")];
        string filler = new('x', 3000);
        foreach (string key in keys)
            ours.Call("SETRANGE", key, (3000 + (key.Length * 7)).ToString(), filler);
        string digest = DataComparison.DigestOf(ours);
        ours.Call("MULTI");
        ours.Call("DBSIZE");
        ours.Call(["MIGRATE", "127.0.0.1", target.Port.ToString(), "", "0", "20000", "KEYS", .. keys]);
        ours.Call("DBSIZE");
        Assert.Equal("3000 OK 0", string.Join(' ', ours.Call("EXEC").Items!.Select(item => item.Text)));
        Assert.Equal(digest, DataComparison.DigestOf(theirs));
    }

    /// <summary>While the target hangs nobody sees what the transaction has done so far; who asks is answered when it is over.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Nobody_sees_half_of_it(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var mute = new SilentTarget();
        using var mover = server.Connect();
        using var other = server.Connect();
        string[] keys = [.. Enumerable.Range(0, 12).Select(i => $"k{i}")];
        other.Call(["MSET", .. keys.SelectMany(key => new[] { key, "0" })]);
        var ways = new List<(RespClient Client, Func<RespFrame, bool> IsWhole)>();
        (string[] Command, Func<RespFrame, bool> IsWhole)[] questions =
        [
            (["MGET", .. keys], reply => reply.Items!.All(item => item.Text == "2")),
            (["GET", "k3"], reply => reply.Text == "2"),
            (["EXISTS", .. keys], reply => reply.Integer == 12),
            (["DBSIZE"], reply => reply.Integer == 13),
            (["KEYS", "*"], reply => reply.Items!.Length == 13),
            (["INCR", "k5"], reply => reply.Integer == 3),
        ];
        foreach (var (_, isWhole) in questions)
            ways.Add((server.Connect(), isWhole));
        mover.Call("MULTI");
        foreach (string key in keys)
            mover.Call("SET", key, "1");
        mover.Call("MIGRATE", "127.0.0.1", mute.Port, "k0", "0", "60000");
        foreach (string key in keys)
            mover.Call("INCR", key);
        mover.Call("SET", "after", "1");
        mover.Send("EXEC");
        mute.WaitForConnection();
        for (int i = 0; i < ways.Count; i++)
            ways[i].Client.Send(questions[i].Command);
        Thread.Sleep(100);
        Assert.All(ways, way => Assert.Equal(0, way.Client.Socket.Available));
        mute.Dispose();
        Assert.StartsWith("IOERR ", mover.Read().Items![12].Text, StringComparison.Ordinal);

        // INCR is the last to be asked, but on several shards the others may come behind it.
        Assert.True(ways[^1].IsWhole(ways[^1].Client.Read()));
        other.Call("SET", "k5", "2");
        foreach (var (client, isWhole) in ways[..^1])
        {
            var reply = client.Read();
            Assert.True(isWhole(reply) || reply.Items?[5].Text == "3", reply.ToString());
            client.Dispose();
        }
    }

    /// <summary>
    /// With several shards, those that the transaction has nothing to do with go on; a pause does not stop what has begun, and a client that is killed has its
    /// transaction run to the end.
    /// </summary>
    [Fact]
    public void Other_shards_go_on()
    {
        using var server = ServerProcess.Start(ServerKind.FastKv3);
        using var mute = new SilentTarget();
        using var mover = server.Connect();
        string id = mover.Call("CLIENT", "ID").Text;
        mover.Call("SET", "{k}", "1");
        mover.Call("MULTI");
        mover.Call("INCR", "{k}");
        mover.Call("MIGRATE", "127.0.0.1", mute.Port, "{k}", "0", "60000");
        mover.Call("INCR", "{k}");
        mover.Send("EXEC");
        mute.WaitForConnection();
        var clients = Enumerable.Range(0, 12).Select(_ => server.Connect()).ToList();
        clients.ForEach(client => client.Send("PING"));
        WaitFor(() => clients.Exists(client => client.Socket.Available > 0));
        var free = clients.Find(client => client.Socket.Available > 0)!;
        Assert.Equal("PONG", free.Read().Text);
        Assert.Equal("OK", free.Call("CLIENT", "PAUSE", "100").Text);
        Assert.Equal("1", free.Call("CLIENT", "KILL", "ID", id).Text);
        Assert.True(mover.IsClosedByPeer());
        clients[0].Send("GET", "{k}");
        mute.Dispose();
        if (clients[0] != free)
            Assert.Equal("PONG", clients[0].Read().Text);
        Assert.Equal("3", clients[0].Read().Text);
        clients.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_client_that_goes_has_its_transaction_run(ServerKind kind)
    {
        using var server = ServerProcess.Start(kind);
        using var mute = new SilentTarget();
        using var other = server.Connect();
        using (var mover = server.Connect())
        {
            mover.Call("MSET", "a", "1", "b", "1", "c", "1");
            mover.Call("MULTI");
            mover.Call("INCR", "a");
            mover.Call("MIGRATE", "127.0.0.1", mute.Port, "", "0", "60000", "KEYS", "a", "b");
            mover.Call("MIGRATE", "127.0.0.1", mute.Port, "c", "0", "500");
            mover.Call("INCR", "a");
            mover.Call("INCR", "c");
            mover.Send("EXEC");
            mute.WaitForConnection();
        }
        mute.Dispose();
        Assert.Equal("3 1 2", string.Join(' ', other.Call("MGET", "a", "b", "c").Items!.Select(item => item.Text)));
    }

    /// <summary>SIGTERM does not wait for the target, and the debug heap finds nothing left.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void The_server_ends_meanwhile(ServerKind kind)
    {
        using var mute = new SilentTarget();
        using var server = ServerProcess.Start(kind);
        var clients = new List<RespClient>();
        for (int i = 0; i < 4; i++)
        {
            var client = server.Connect();
            clients.Add(client);
            client.SendRaw([.. RespClient.Encode("MULTI"), .. RespClient.Encode("SET", $"k{i}", new string('x', 10_000)),
                .. RespClient.Encode("MIGRATE", "127.0.0.1", mute.Port, $"k{i}", "0", "600000"),
                .. RespClient.Encode("MIGRATE", "127.0.0.1", mute.Port, $"k{i}", "0", "600000"), .. RespClient.Encode("EXEC")]);
        }
        mute.WaitForConnection();
        Assert.Equal(0, server.Stop());
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>Two clients move counters in transactions, a third one without, while others count: each transaction has seen what has arrived, and no more.</summary>
    [Theory]
    [InlineData(ServerKind.FastKv1, ServerKind.FastKv3)]
    [InlineData(ServerKind.FastKv3, ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3, ServerKind.Redis)]
    public async Task No_acknowledged_write_is_lost(ServerKind firstKind, ServerKind secondKind)
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        using var first = ServerProcess.Start(firstKind);
        using var second = ServerProcess.Start(secondKind);
        using var end = new CancellationTokenSource();
        var counts = Enumerable.Range(0, 6).Select(n => Task.Factory.StartNew(
            () => Counting.Run(first, new Random(seed + n), n % 3, end.Token), TaskCreationOptions.LongRunning)).ToArray();
        var moves = Enumerable.Range(0, 3).Select(n => Task.Factory.StartNew(
            () => Move(first, second, new Random(seed - 1 - n), n, end.Token), TaskCreationOptions.LongRunning)).ToArray();
        await Task.Delay(4000);
        Patience.Until(
            () => Enumerable.Range(0, _moved.Length).All(n => Volatile.Read(ref _moved[n]) > MovesMin) || moves.Any(one => one.IsCompleted), "hardly any key moves");
        await end.CancelAsync();
        long acknowledged = (await Task.WhenAll(counts)).Sum();
        var moved = await Task.WhenAll(moves);
        output.WriteLine($"{acknowledged} increments, {string.Join(", ", moved.Select(one => one.Moved))} moves");
        Assert.All(moved, one => Assert.True(one.Moved > MovesMin, $"{one.Moved} moves"));
        using var left = first.Connect();
        long rest = Enumerable.Range(0, Counting.Counters).Sum(i => left.Call("GET", $"counter{i}") is { IsNull: false } value ? value.Integer : 0);
        Assert.Equal(acknowledged, moved.Sum(one => one.Taken) + rest);
    }

    /// <summary>Moves counters to a database of its own, in transactions (number 0 and 1) or without, and takes them from there.</summary>
    private (long Moved, long Taken) Move(ServerProcess from, ServerProcess to, Random random, int number, CancellationToken end)
    {
        using var source = from.Connect();
        using var target = to.Connect();
        string port = to.Port.ToString(), database = number.ToString();
        target.Call("SELECT", database);
        long taken = 0;
        while (!end.IsCancellationRequested)
        {
            string[] keys = random.Next(2) == 0 ? [Counting.Counter(random)] : [.. new[] { Counting.Counter(random), Counting.Counter(random), Counting.Counter(random) }.Distinct()];
            string[] migrate = ["MIGRATE", "127.0.0.1", port, "", database, "10000", "KEYS", .. keys];
            long seen = -1;
            RespFrame reply;
            if (number == 2)
            {
                reply = source.Call(migrate);
            }
            else
            {
                source.Call("MULTI");
                source.Call(["MGET", .. keys]);
                source.Call(migrate);
                source.Call(["MGET", .. keys]);
                source.Call("MIGRATE", "127.0.0.1", port, keys[0], database, "10000");
                var replies = source.Call("EXEC").Items!;
                seen = replies[0].Items!.Sum(value => value.IsNull ? 0 : value.Integer);
                reply = replies[1];
                Assert.All(replies[2].Items!, value => Assert.True(value.IsNull));
                Assert.Equal("NOKEY", replies[3].Text);
            }
            Assert.False(reply.IsError, reply.Text);
            if (reply.Text == "OK")
                Volatile.Write(ref _moved[number], _moved[number] + 1);
            long arrived = 0;
            foreach (string key in keys)
                arrived += target.Call("GETDEL", key) is { IsNull: false } value ? value.Integer : 0;
            if (seen >= 0)
                Assert.Equal(seen, arrived);
            taken += arrived;
        }
        return (_moved[number], taken);
    }

    private static readonly string[] JournaledScript =
    [
        "MSET k1 1 k2 2 k3 3 k4 4 k5 5 k6 6", "MULTI", "SET a 1", "MIGRATE HOST PORT '' 0 5000 KEYS k1 k2 k3 a none", "SET k1 again", "RPUSH l 1 2",
        "MIGRATE HOST PORT none 0 100", "MIGRATE HOST PORT k4 0 5000 COPY", "MIGRATE HOST MUTE k4 0 1000", "INCR k4", "EXEC",
        "MULTI", "SELECT 3", "SET s 1", "MIGRATE HOST PORT s 3 5000", "SET s 2", "SELECT 0", "MIGRATE HOST PORT k5 0 5000", "EXEC",
        "MULTI", "MIGRATE HOST PORT k6 0 5000", "EXEC", "SELECT 9", "MULTI", "SET x 1", "FLUSHDB", "SET y 1", "SET z 1", "MIGRATE HOST PORT y 9 5000", "EXEC", "SELECT 0",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_journal_tells_all_of_it(int shards)
    {
        var expected = Journaled(isFastKv: false, 1);
        var actual = Journaled(isFastKv: true, shards);
        for (int i = 0; i < expected.Count; i++)
            Assert.Equal(expected[i], actual[i]);
    }

    private static List<string> Journaled(bool isFastKv, int shards)
    {
        using var folder = new TemporaryFolder();
        using var target = ServerProcess.Start(ServerKind.Redis);
        string[] options = isFastKv ? ["--shards", shards.ToString()] : [];
        using var source = new AofServer(folder.Path, isFastKv, ["--appendfsync", "always", .. options]);
        List<string> replies;
        using (var client = source.Connect())
        using (var other = source.Connect())
            replies = MigrationScript.Play(JournaledScript, client, other, source.Port, target, resp: 2);
        source.KillAndRestart();
        using var reader = source.Connect();
        foreach (string database in new[] { "0", "3", "9" })
        {
            reader.Call("SELECT", database);
            foreach (string key in reader.Call("KEYS", "*").Items!.Select(item => item.Text).Order(StringComparer.Ordinal))
                replies.Add($"{database} {key} {reader.Call("DUMP", key)}");
        }
        return replies;
    }

    /// <summary>A server that dies while its transaction waits has run none of it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_journal_tells_none_of_what_was_not_whole(int shards)
    {
        using var folder = new TemporaryFolder();
        using var mute = new SilentTarget();
        using var source = new AofServer(folder.Path, isFastKv: true, "--shards", shards.ToString(), "--appendfsync", "always");
        using (var client = source.Connect())
        {
            client.Call("MSET", "a", "1", "b", "1", "c", "1");
            client.Call("MULTI");
            foreach (string key in new[] { "a", "b", "c", "d" })
                client.Call("INCR", key);
            client.Call("MIGRATE", "127.0.0.1", mute.Port, "", "0", "60000", "KEYS", "a", "d");
            client.Call("INCR", "e");
            client.Send("EXEC");
            mute.WaitForConnection();
            Thread.Sleep(50);
            source.KillAndRestart();
        }
        using var reader = source.Connect();
        Assert.Equal("1 1 1  ", string.Join(' ', reader.Call("MGET", "a", "b", "c", "d", "e").Items!.Select(item => item.Text)));
    }

    private static void WaitFor(Func<bool> condition) => Patience.Until(condition, "it does not happen");
}
