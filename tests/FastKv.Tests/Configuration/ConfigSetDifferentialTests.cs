using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Configuration;

/// <summary>CONFIG GET and CONFIG SET beside redis-server: replies, errors and the values that result are the same.</summary>
public class ConfigSetDifferentialTests(ITestOutputHelper output)
{
    // Values that change the test's own surroundings (its directory, its connection, its permissions), or that depend on how this
    // redis-server was built.
    private static readonly HashSet<string> Untouched =
    [
        "dir", "port", "bind", "tls-port", "tls-cluster", "tls-replication", "maxclients", "appendonly", "oom-score-adj", "activedefrag", "watchdog-period",
        "maxmemory-clients", "unixsocket", "replicaof", "slaveof", "save", "enable-debug-command", "logfile", "client-output-buffer-limit",
    ];

    private static readonly string[] Values =
    [
        "", " ", "0", "1", "-1", "2", "9", "99", "100", "101", "1000", "1001", "65535", "65536", "007", "+5", "-0", "1.5", "1e3", "0x10", "abc",
        "yes", "no", "YES", "No", "maybe", "yes no", "1k", "1kb", "1Kb", "5mb", "1mb", "1g", "1gb", "1tb", "-1mb", "10%", "100%", "101%", "-5%", "%",
        "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "20000000000000000gb", "1048575", "1048576", " 5", "5 ",
        "a/b", "a\\b", "file.rdb", "host-1.example", "host_1", "debug", "VERBOSE", "warning", "nothing", "volatile-lru", "allkeys-lfu",
        "noeviction", "everysec", "always", "save", "nosave", "save now", "save nosave", "now force save", "default", "force default", "ip",
        "hostname", "unknown-endpoint", "disabled", "swapdb", "on-empty-db", "clients", "local", "resetchannels", "allchannels", "ignore",
        "panic-on-replicas", "optional", "{title}", "{nope}", "{{", "{", "}", "{title", "x{port}y{TLS-PORT}", "\u00e9\u00ff\u0001", "quo\"te\n",
        "KEA", "AKE", "g$lshzxetdnmKE", "An", "gn", "q", "Kg$", "50 99 99.9", "50", "0.001", "100.0001", "nan", "inf", "1 2 3", "0 0 0",
        "-2000 0 2000", "2001 0 0", "1 2 x", "1 2",
    ];

    private readonly List<string> differences = [];
    private int compared;

    [Fact]
    public void Every_parameter_starts_with_redis_default_and_is_known()
    {
        using var redis = new RedisServerProcess();
        using RespClient client = redis.Connect();
        var ours = new ServerConfig(new ServerLog { Silent = true });
        HashSet<string> set = ["port", "bind", "save", "unixsocket", "dir", "enable-debug-command"];
        RespFrame[] items = client.Call("CONFIG", "GET", "*").Items!;
        Assert.True(items.Length > 300);
        for (int i = 0; i < items.Length; i += 2)
        {
            string name = items[i].Text;
            KeyValuePair<string, string> value = Assert.Single(ours.Get([name]));
            if (!set.Contains(name))
                Assert.Equal((name, items[i + 1].Text), (value.Key, value.Value));
        }
    }

    [Fact]
    public void Patterns_and_names_match_as_in_redis()
    {
        using var redis = new RedisServerProcess("--enable-protected-configs", "yes");
        using RespClient client = redis.Connect();
        var ours = new ServerConfig(new ServerLog { Silent = true });
        string[][] requests =
        [
            ["maxmemory"], ["MAXmemory"], ["maxmemory", "MAXMEMORY"], ["*ziplist*"], ["slave-p*"], ["hz", "nope", "h?"], ["use-exit-on-panic"],
            ["use-exit-*"], ["*"], ["lfu*", "lfu-log-factor"], ["Lfu-log-factor", "lfu*"], ["[sr]*-priority"], ["timeout", "time*", "*out"], [""],
        ];
        foreach (string[] request in requests)
        {
            RespFrame[] items = client.Call(["CONFIG", "GET", .. request]).Items!;
            var theirs = items.Where((_, i) => i % 2 == 0).Select(frame => frame.Text).Order(StringComparer.Ordinal).ToArray();
            var found = ours.Get(request).Select(pair => pair.Key).Where(name => !IsNewer(client, name)).Order(StringComparer.Ordinal).ToArray();
            Assert.Equal(theirs, found);
        }
    }

    [Fact]
    public void Set_gives_the_same_reply_and_the_same_value()
    {
        using var redis = new RedisServerProcess("--enable-protected-configs", "yes");
        using RespClient client = redis.Connect();
        ServerConfig ours = MakeOurs();
        foreach (string name in NamesToTry(client))
        {
            // Hexadecimal percentiles are a side effect of the C library that nobody asks for.
            foreach (string value in name.EndsWith("percentiles", StringComparison.Ordinal) ? Values.Except(["0x10"]) : Values)
                CompareSet(client, ours, (name, value));
        }
        AssertSame();
        Assert.True(compared > 10_000);
    }

    [Theory]
    [InlineData("save")]
    [InlineData("save", "", "3600 1", "1", "1 1 2", "0 1", "1 -1", "1 0", "  1 1", "1 1 ", "1 1 2 2 3 3", "x 1", "1 x", "99999999999 1")]
    [InlineData("client-output-buffer-limit", "", "normal 0 0 0", "normal 1 2", "slave 1kb 2mb 3", "replica 9 9 9 slave 8 8 8", "master 0 0 0",
        "nope 0 0 0", "pubsub 1x 0 0", "pubsub 1 2 -3", "pubsub 1 2 x", "PUBSUB 1gb 1mb 60", "normal 0 0 0 pubsub 1 1 1 replica 3 3 3")]
    [InlineData("maxmemory-clients", "0", "10%", "100%", "101%", "0%", "1gb", "-1", "x", "%", "010%")]
    [InlineData("maxclients", "0", "-1", "x", "100", "9999", "10000")]
    [InlineData("nonsense", "1")]
    [InlineData("", "1")]
    [InlineData("DATABASES", "1")]
    [InlineData("slaveof", "a 1")]
    public void Set_of_special_parameters_too(string name, params string[] values)
    {
        using var redis = new RedisServerProcess("--enable-protected-configs", "yes");
        using RespClient client = redis.Connect();
        ServerConfig ours = MakeOurs();
        foreach (string value in values)
            CompareSet(client, ours, (name, value));
        AssertSame();
    }

    [Fact]
    public void Protected_parameters_are_refused_by_default()
    {
        using var redis = new RedisServerProcess();
        using RespClient client = redis.Connect();
        var ours = new ServerConfig(new ServerLog { Silent = true });
        Assert.Equal(client.Call("CONFIG", "SET", "dir", "/").Text, ours.Set([("dir", "/")]));
        CompareSet(client, ours, ("DbFilename", "x"));
        AssertSame();
    }

    [Fact]
    public void Several_pairs_are_set_together_or_not_at_all()
    {
        int seed = TestEnvironment.DifferentialSeed;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var redis = new RedisServerProcess("--enable-protected-configs", "yes");
        using RespClient client = redis.Connect();
        ServerConfig ours = MakeOurs();
        string[] names = [.. NamesToTry(client), "nonsense", "databases"];
        for (int i = 0; i < 3000; i++)
        {
            var pairs = new (string, string)[random.Next(2, 5)];
            for (int p = 0; p < pairs.Length; p++)
            {
                string name = names[random.Next(names.Length)];
                pairs[p] = (random.Next(8) == 0 ? name.ToUpperInvariant() : name, Values[random.Next(Values.Length)]);
                if (pairs[p].Item2 == "0x10")
                    pairs[p].Item2 = "0";
            }
            if (random.Next(4) == 0)
                pairs[^1] = pairs[0];
            CompareSet(client, ours, pairs);
        }
        AssertSame();
    }

    [Fact]
    public void A_refused_effect_restores_all_values()
    {
        var ours = new ServerConfig(new ServerLog { Silent = true });
        int runs = 0;
        ours.Apply("port", () => ours.Options.Port == 1 ? "Unable to listen on this port. Check server logs." : null);
        ours.Apply("timeout", () =>
        {
            runs++;
            return null;
        });
        string? error = ours.Set([("timeout", "5"), ("port", "1")]);
        Assert.Equal("ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.", error);
        Assert.Equal((0, 6379, 2), (ours.Options.TimeoutSeconds, ours.Options.Port, runs));

        IReadOnlyList<string>? changed = null;
        ours.Changed += names => changed = names;
        Assert.Null(ours.Set([("TIMEOUT", "5"), ("port", "2")]));
        Assert.Equal(["timeout", "port"], changed);
    }

    private static ServerConfig MakeOurs()
    {
        var ours = new ServerConfig(new ServerLog { Silent = true });
        ours.Load(null, null, "enable-protected-configs yes\nsave \"\"");
        return ours;
    }

    /// <summary>A parameter that Redis gained after the reference server.</summary>
    private static bool IsNewer(RespClient client, string name) => client.Call("CONFIG", "GET", name).Items!.Length == 0;

    private static IEnumerable<string> NamesToTry(RespClient client)
        => ConfigTable.Parameters.SelectMany(parameter => new[] { parameter.Name, parameter.Alias })
            .OfType<string>().Where(name => !Untouched.Contains(name) && !IsNewer(client, name)).ToArray();

    private void CompareSet(RespClient client, ServerConfig ours, params (string Name, string Value)[] pairs)
    {
        string[] command = ["CONFIG", "SET", .. pairs.SelectMany(pair => new[] { pair.Name, pair.Value })];
        string theirs = client.Call(command).Text, mine = ours.Set(pairs) ?? "OK";
        foreach ((string name, _) in pairs)
        {
            theirs += string.Concat(client.Call("CONFIG", "GET", name).Items!.Select(frame => " | " + frame.Text));
            mine += string.Concat(ours.Get([name]).Select(pair => $" | {pair.Key} | {pair.Value}"));
        }
        compared++;
        if (theirs != mine)
            differences.Add($"{string.Join(' ', command.Select(ConfigText.Quote))}\n  redis: {theirs}\n  ours:  {mine}");
    }

    private void AssertSame()
    {
        output.WriteLine($"{compared} comparisons");
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(60)));
    }
}
