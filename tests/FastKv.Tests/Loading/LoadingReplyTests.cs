using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Loading;

/// <summary>What a server says while it loads its dataset, beside redis-server.</summary>
public sealed partial class LoadingReplyTests(LoadingReplyTests.Servers servers) : IClassFixture<LoadingReplyTests.Servers>
{
    private readonly Servers _servers = servers;

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Every_command_is_refused_or_not_as_in_redis(ServerKind kind)
    {
        using var ours = _servers.Connect(kind);
        using var theirs = _servers.Connect(ServerKind.Redis);
        List<string[]> commands = RefusedCommands(theirs);
        var known = ours.Call("COMMAND", "LIST").Items!.Select(item => item.Text).ToHashSet();

        // MODULE and DEBUG are protected, which is asked for first.
        commands.RemoveAll(command => !known.Contains(command[0]) || command[0] == "module");
        Assert.True(commands.Count > 200, $"{commands.Count} commands");
        var expected = Pipeline(theirs, commands);
        var actual = Pipeline(ours, commands);
        for (int i = 0; i < commands.Count; i++)
        {
            Assert.Equal("-LOADING Redis is loading the dataset in memory\r\n", System.Text.Encoding.Latin1.GetString(expected[i].Raw));
            Assert.True(expected[i].Raw.AsSpan().SequenceEqual(actual[i].Raw), $"{string.Join(' ', commands[i])}: {actual[i]}");
        }
        Assert.True(SlowLoad.IsLoading(ours));
        Assert.True(SlowLoad.IsLoading(theirs));
    }

    [Theory]
    [InlineData(ServerKind.FastKv1, 2)]
    [InlineData(ServerKind.FastKv1, 3)]
    [InlineData(ServerKind.FastKv3, 2)]
    [InlineData(ServerKind.FastKv3, 3)]
    public void Sessions_run_as_in_redis(ServerKind kind, int protocol)
    {
        string[] session =
        [
            "PING", "GET a", "SET a 1", "ECHO a", "SELECT 1", "SELECT 0", "DBSIZE",
            "MULTI", "SET a 1", "PING", "ECHO a", "EXEC", "EXEC", "MULTI", "ECHO q", "TIME a", "EXEC", "MULTI", "ECHO q", "WATCH a", "EXEC",
            "MULTI", "GET a", "DISCARD", "DISCARD", "WATCH a b", "MULTI", "ECHO q", "EXEC", "UNWATCH", "FOO", "GET", "MULTI", "GET", "EXEC",
            "CONFIG SET appendonly yes", "CONFIG SET maxclients 9000", "CONFIG GET maxclients", "CONFIG SET dir /tmp", "CONFIG FOO", "CONFIG RESETSTAT",
            "CLIENT SETNAME me", "CLIENT GETNAME", "CLIENT REPLY SKIP", "GET a", "ECHO b", "CLIENT NO-EVICT on", "CLIENT TRACKING off", "CLIENT FOO",
            "AUTH x", "AUTH default x", "ACL WHOAMI", "ACL USERS", "ACL CAT foo", "COMMAND COUNT x", "COMMAND GETKEYS SET a 1", "LATENCY LATEST", "LATENCY RESET",
            "SLOWLOG RESET", "PUBSUB CHANNELS", "PUBSUB NUMSUB a", "PUBSUB NUMPAT", "PUBLISH a b", "SPUBLISH a b", "MEMORY USAGE a", "MEMORY DOCTOR",
            "OBJECT ENCODING a", "ROLE", "REPLICAOF no one", "WAIT 0 0", "SAVE", "BGSAVE", "BGREWRITEAOF",
            "FLUSHALL", "SWAPDB 0 1", "SCAN 0", "KEYS *", "RANDOMKEY", "DEBUG SLEEP 0", "SUBSCRIBE c", "UNSUBSCRIBE c", "PSUBSCRIBE c*", "PUNSUBSCRIBE",
            "SSUBSCRIBE s", "SUNSUBSCRIBE s", "CLUSTER INFO", "RESET", "GET a", "QUIT",
        ];
        using var ours = _servers.Connect(kind);
        using var theirs = _servers.Connect(ServerKind.Redis);
        string[][] commands = [["HELLO", $"{protocol}"], .. session.Select(line => line.Split(' '))];
        byte[] bytes = commands.Skip(1).SelectMany(command => RespClient.Encode(command)).ToArray();
        ours.Call(commands[0]);
        theirs.Call(commands[0]);
        ours.SendRaw(bytes);
        theirs.SendRaw(bytes);
        string expected = System.Text.Encoding.Latin1.GetString(theirs.ReadToEnd());
        string actual = System.Text.Encoding.Latin1.GetString(ours.ReadToEnd());
        Assert.Contains("LOADING", expected);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Info_tells_of_the_load(ServerKind kind)
    {
        using var ours = _servers.Connect(kind);
        using var theirs = _servers.Connect(ServerKind.Redis);
        Patience.Until(() => Field(ours.Call("INFO", "persistence").Text, "rdb_last_load_keys_loaded") != "0", "it does not begin");
        string info = ours.Call("INFO", "persistence").Text;
        Assert.Equal(Names(theirs.Call("INFO", "persistence").Text), Names(info));
        Assert.Equal("1", Field(info, "loading"));
        Assert.Equal("0", Field(info, "async_loading"));
        Assert.Equal(Field(theirs.Call("INFO", "persistence").Text, "loading_total_bytes"), Field(info, "loading_total_bytes"));
        Assert.Equal(Field(theirs.Call("INFO", "persistence").Text, "loading_rdb_used_mem"), Field(info, "loading_rdb_used_mem"));
        long loaded = long.Parse(Field(info, "loading_loaded_bytes"));
        Assert.InRange(loaded, 1, long.Parse(Field(info, "loading_total_bytes")) - 1);
        Assert.InRange(double.Parse(Field(info, "loading_loaded_perc")), 0.01, 99.99);
        Assert.InRange(long.Parse(Field(info, "loading_eta_seconds")), 1, 100_000);
        Assert.InRange(long.Parse(Field(info, "rdb_last_load_keys_loaded")), 1, SlowLoad.Keys);

        // It goes on meanwhile.
        string later;
        do
            later = ours.Call("INFO", "persistence").Text;
        while (long.Parse(Field(later, "loading_loaded_bytes")) == loaded);
        ours.Call("GET", "k");
        Assert.Contains("errorstat_LOADING:count=", ours.Call("INFO", "errorstats").Text);
    }

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Messages_are_delivered_while_it_loads(ServerKind kind)
    {
        using var listener = _servers.Connect(kind);
        using var publisher = _servers.Connect(kind);
        using var monitor = _servers.Connect(kind);
        Assert.Equal("OK", monitor.Call("MONITOR").Text);
        listener.Call("SUBSCRIBE", "news");
        Assert.Equal(1, publisher.Call("PUBLISH", "news", "text").Integer);
        Assert.Equal("text", listener.Read().Items![2].Text);
        Assert.Contains("\"PUBLISH\" \"news\" \"text\"", Enumerable.Range(0, 2).Select(_ => monitor.ReadLine()).Single(line => line.Contains("news\" \"text")));
        Assert.True(SlowLoad.IsLoading(publisher));
    }

    // With as many arguments as the command wants; those that are not refused for the load are left out.
    private static List<string[]> RefusedCommands(RespClient redis)
    {
        var commands = new List<string[]>();
        foreach (var command in redis.Call("COMMAND").Items!)
            Add(command, []);
        return commands;

        void Add(RespFrame command, string[] container)
        {
            var fields = command.Items!;
            string[] name = [.. container, fields[0].Text.Split('|')[^1]];
            var subcommands = fields[9].Items!;
            foreach (var subcommand in subcommands)
                Add(subcommand, name);
            bool isLoading = fields[2].Items!.Any(flag => flag.Text == "loading");
            if (isLoading || subcommands.Length > 0)
                return;
            int arguments = (int)Math.Abs(fields[1].Integer) - name.Length;
            commands.Add([.. name, .. Enumerable.Repeat("1", arguments)]);
        }
    }

    private static RespFrame[] Pipeline(RespClient client, List<string[]> commands) =>
        client.Pipeline(commands.SelectMany(command => RespClient.Encode(command)).ToArray(), commands.Count);

    private static string[] Names(string info) => FieldName().Matches(info).Select(match => match.Groups[1].Value).ToArray();

    private static string Field(string info, string name) => Regex.Match(info, $@"^{name}:(.*)\r$", RegexOptions.Multiline).Groups[1].Value;

    [GeneratedRegex("^([a-z_]+):", RegexOptions.Multiline)]
    private static partial Regex FieldName();

    /// <summary>Servers that load for as long as the tests run.</summary>
    public sealed class Servers : IDisposable
    {
        private readonly SlowLoad _load = new();
        private readonly Dictionary<ServerKind, ServerProcess> _processes = [];

        /// <summary>Starts them.</summary>
        public Servers()
        {
            foreach (var kind in new[] { ServerKind.Redis, ServerKind.FastKv1, ServerKind.FastKv3 })
                _processes[kind] = _load.Start(kind, delayUs: "20000", out _, "--enable-debug-command", "yes");
        }

        /// <summary>Connects to one that loads.</summary>
        public RespClient Connect(ServerKind kind) => _processes[kind].Connect();

        /// <summary>Ends them.</summary>
        public void Dispose()
        {
            foreach (var process in _processes.Values)
                process.Dispose();
            _load.Dispose();
        }
    }
}
