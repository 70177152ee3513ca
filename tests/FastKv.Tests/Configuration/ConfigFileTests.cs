using System.Diagnostics;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Server;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Configuration;

/// <summary>Reading and rewriting redis.conf beside redis-server.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fastkv-config-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("foo bar")]
    [InlineData("port")]
    [InlineData("port 1 2")]
    [InlineData("  PORT   70000  ")]
    [InlineData("port abc")]
    [InlineData("# fine\n\nmaxmemory 1x")]
    [InlineData("maxmemory \"1")]
    [InlineData("appendonly maybe")]
    [InlineData("maxmemory-policy lru")]
    [InlineData("save 1")]
    [InlineData("save \"1 2 3\"")]
    [InlineData("client-output-buffer-limit normal 1 2")]
    [InlineData("client-output-buffer-limit master 1 2 3")]
    [InlineData("client-output-buffer-limit normal 1x 2 3")]
    [InlineData("unixsocketperm 999")]
    [InlineData("unixsocketperm 7777")]
    [InlineData("notify-keyspace-events q")]
    [InlineData("dir /nonexistent-folder")]
    [InlineData("dir")]
    [InlineData("dbfilename a/b")]
    [InlineData("appendfilename \"\"")]
    [InlineData("appenddirname a/b")]
    [InlineData("replicaof a")]
    [InlineData("replicaof a 99999")]
    [InlineData("replicaof \"a b c\"")]
    [InlineData("oom-score-adj-values 1 2")]
    [InlineData("oom-score-adj-values 1 2 3000")]
    [InlineData("rename-command get")]
    [InlineData("sentinel monitor a b c 1")]
    [InlineData("module.x")]
    [InlineData("include")]
    [InlineData("logfile /nonexistent-folder/log")]
    [InlineData("port 1\nlogfile /nonexistent-folder/log")]
    [InlineData("list-max-ziplist-entries")]
    [InlineData("list-max-ziplist-entries 1 2")]
    [InlineData("shutdown-on-sigterm save nosave")]
    [InlineData("bind a b c d e f g h i j k l m n o p q")]
    [InlineData("latency-tracking-info-percentiles 101")]
    [InlineData("tls-auth-clients maybe")]
    [InlineData("user")]
    [InlineData("user foo bad")]
    [InlineData("user foo on >a ~* bad")]
    [InlineData("user foo on on on (+get")]
    [InlineData("user foo on\nuser foo off")]
    [InlineData("user foo on nopass (bad)")]
    [InlineData("user foo on nopass ~* ~a")]
    [InlineData("user foo on #abc")]
    public void An_unusable_line_is_reported_as_by_redis(string text)
    {
        string file = Write("redis.conf", text);
        string theirs = RunRedis(file);
        var ours = Assert.Throws<ConfigFileException>(() => Load(file));
        Assert.Equal(theirs.Replace("(Redis 7.0.15)", $"(Redis {ServerVersion.RedisVersion})", StringComparison.Ordinal), ours.Message);
    }

    [Fact]
    public void A_missing_file_is_reported_as_by_redis()
    {
        var ours = Assert.Throws<ConfigFileException>(() => Load(Path.Combine(folder, "nope.conf")));
        Assert.True(ours.IsLogLine);
        Assert.Contains(ours.Message, RunRedis(Path.Combine(folder, "nope.conf")), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_an_included_file_names_its_line()
    {
        string included = Write("more.conf", "# comment\nport x\n");
        string file = Write("redis.conf", $"timeout 1\n\n\ninclude {included}\n");
        string theirs = RunRedis(file);
        var ours = Assert.Throws<ConfigFileException>(() => Load(file));
        Assert.Equal(theirs.Replace("7.0.15", ServerVersion.RedisVersion, StringComparison.Ordinal), ours.Message);
    }

    [Fact]
    public void Includes_may_be_patterns_and_match_nothing()
    {
        Write("a-1.conf", "timeout 11");
        Write("a-2.conf", "\nhz 20");
        string file = Write("redis.conf", $"include {folder}/a-*.conf\ninclude {folder}/none-*.conf\ntcp-keepalive 7\n");
        ServerOptions options = Load(file).Options;
        Assert.Equal((11, 20, 7), (options.TimeoutSeconds, options.Hz, options.TcpKeepAlive));
    }

    [Fact]
    public void Endless_includes_end()
    {
        string file = Write("redis.conf", $"include {folder}/redis.conf\n");
        Assert.Contains("Too many nested include directives", Assert.Throws<ConfigFileException>(() => Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Directives_without_a_value_are_kept()
    {
        ServerConfig config = Load(Write("redis.conf", "rename-command config \"\"\nuser alice on >p ~*\nloadmodule /m.so 1\nlua-replicate-commands yes\n"));
        Assert.Equal([("config", "")], config.Options.RenamedCommands);
        Assert.Equal(["alice", "on", ">p", "~*"], Assert.Single(config.Options.Users));
        Assert.Equal(["loadmodule"], config.WithoutEffect());
    }

    [Fact]
    public void The_distributions_file_is_read()
    {
        const string DebianFile = "/etc/redis/redis.conf";
        if (!File.Exists(DebianFile))
            return;

        // Only what needs the service's folders is left out: the test must not change directory or need its rights.
        IEnumerable<string> lines = File.ReadLines(DebianFile).Where(line => !line.StartsWith("dir ", StringComparison.Ordinal))
            .Select(line => line.StartsWith("logfile ", StringComparison.Ordinal) ? $"logfile {folder}/log" : line);
        ServerConfig config = Load(Write("redis.conf", string.Join('\n', lines)));
        Assert.True(config.Options.Daemonize);
        Assert.Equal("/run/redis/redis-server.pid", config.Options.PidFile);
        Assert.Equal(["127.0.0.1", "-::1"], config.Options.Bind);
        Assert.Empty(config.WithoutEffect());
    }

    [Fact]
    public void Parameters_without_effect_are_named_once_when_they_are_not_at_their_default()
    {
        ServerConfig config = Load(Write("redis.conf", "activedefrag yes\nactivedefrag yes\nrdbchecksum yes\ntls-port 7000\nport 7001\n"));
        Assert.Equal(["tls-port", "activedefrag"], config.WithoutEffect());
    }

    [Theory]
    [InlineData("--port 6400 --save  --loglevel debug", "port 6400 \nsave \"\"\nloglevel debug")]
    [InlineData("--save", "save \"\"")]
    public void A_save_without_value_saves_nothing(string arguments, string lines)
    {
        CommandLine parsed = CommandLine.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(Normal(lines), Normal(parsed.Lines!));

        static string[] Normal(string text)
            => [.. text.Split('\n').Select(line => string.Join(' ', ConfigText.SplitWords(line)!.Select(ConfigText.Quote)))];
    }

    [Fact]
    public void The_command_line_means_what_it_means_to_redis()
    {
        string file = Write("redis.conf", "timeout 5\nsave 1 1\n");
        string[][] commandLines =
        [
            [file], [file, "--timeout", "6"], [file, "--timeout 7"], [file, "--timeout", "8", "--hz", "50"], [file, "--save", "1 2", "--save", "3 4"],
            [file, "--save", "5", "6", "7", "8"], [file, "--masterauth", "--secret", "--hz", "60"], [file, "--requirepass", "", "--hz", "61"],
            [file, "--client-output-buffer-limit", "normal", "1mb", "2mb", "3"], [file, "--proc-title-template", "--x--"],
            [file, "--save", "--hz", "20"], [file, "--latency-tracking-info-percentiles", "1 2"], [file, "--MaxMemory", "1mb", "--tcp-keepalive", "4"],
        ];
        string[] shown = ["timeout", "hz", "save", "masterauth", "client-output-buffer-limit", "latency-tracking-info-percentiles", "maxmemory"];
        foreach (string[] arguments in commandLines)
        {
            using var redis = new ConfiguredRedis(arguments[0], arguments[1..]);
            using RespClient client = redis.Connect();
            CommandLine parsed = CommandLine.Parse(
                [.. arguments, "--port", "0", "--bind", "127.0.0.1", "--unixsocket", "s", "--save", "", "--appendonly", "no"]);
            var ours = new ServerConfig(new ServerLog { Silent = true });
            ours.Load(parsed.ConfigFile, null, parsed.Lines);
            foreach (string name in shown)
            {
                string theirs = client.Call("CONFIG", "GET", name).Items![1].Text;
                Assert.Equal($"{string.Join(' ', arguments)}: {name} {theirs}", $"{string.Join(' ', arguments)}: {name} {ours.Get([name]).First().Value}");
            }
        }
    }

    [Theory]
    [InlineData("# my file\n\n\n\n# two\nport 6379\ntimeout 3\n\n# tail")]
    [InlineData("")]
    [InlineData("timeout 3\ntimeout 4\ntimeout 5\n# end\n")]
    [InlineData("save 1 1\nsave 2 2\nsave 3 3\n\nmaxmemory 100mb\nslave-read-only yes\nREPL-TIMEOUT 60\n")]
    [InlineData("include /none-*\nrename-command nope-config \"\"\nuser alice on nopass ~* +@all\nlist-max-ziplist-entries 5\n")]
    [InlineData("client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit replica 256mb 64mb 60\nrequirepass \"\"\nhz 10\n")]
    [InlineData("# Generated by CONFIG REWRITE\nhz 33\nlatency-tracking-info-percentiles 1 2\noom-score-adj-values 1 2 3\n")]
    [InlineData("   dir /tmp\r\nhz 20\r\n\r\n\t# c\r\ndbfilename \"x y.rdb\"\nmasterauth 'a b'\n")]
    public void Rewrite_leaves_the_file_that_redis_leaves(string text)
    {
        text = text.Replace("rename-command nope-config \"\"\n", "", StringComparison.Ordinal).Replace("   dir /tmp", "", StringComparison.Ordinal);
        string theirFile = Write("theirs.conf", text);
        string ourFile = Write("ours.conf", text);
        (string, string)[][] changes =
        [
            [],
            [("timeout", "9"), ("maxmemory", "3gb"), ("maxmemory-clients", "7%")],
            [("save", "10 20 30 40"), ("masterauth", "a\u00e9\"b"), ("client-output-buffer-limit", "replica 1gb 1000 5"), ("loglevel", "verbose")],
            [("timeout", "0"), ("save", ""), ("notify-keyspace-events", "KEx"), ("shutdown-on-sigterm", "nosave now"), ("masterauth", "")],
        ];
        using var redis = new ConfiguredRedis(theirFile);
        using RespClient client = redis.Connect();
        CommandLine line = CommandLine.Parse(
            [ourFile, "--port", $"{redis.Port}", "--bind", "127.0.0.1", "--unixsocket", redis.SocketPath, "--save", "", "--appendonly", "no"]);
        var ours = new ServerConfig(new ServerLog { Silent = true });
        ours.Load(line.ConfigFile, null, line.Lines);
        foreach ((string, string)[] change in changes)
        {
            if (change.Length > 0)
            {
                Assert.Equal("OK", client.Call(["CONFIG", "SET", .. change.SelectMany(pair => new[] { pair.Item1, pair.Item2 })]).Text);
                Assert.Null(ours.Set(change));
            }
            Assert.Equal("OK", client.Call("CONFIG", "REWRITE").Text);
            Assert.Null(ours.Rewrite());
            Assert.Equal(Comparable(theirFile, redis.WorkingDirectory), Comparable(ourFile, Environment.CurrentDirectory));
        }
    }

    [Fact]
    public void Rewrite_needs_a_file_and_a_folder_to_write_to()
    {
        var config = new ServerConfig(new ServerLog { Silent = true });
        Assert.Equal("ERR The server is running without a config file", config.Rewrite());
        string file = Write("sub.conf", "hz 10");
        config.Load(file);
        Directory.CreateDirectory(file + ".d");
        File.Delete(file);
        Assert.Null(config.Rewrite());
        Assert.True(File.Exists(file));
    }

    /// <summary>
    /// A rewritten file in a form that may be compared: appended parameters are in no particular order in Redis; users are
    /// written by a running server only.
    /// </summary>
    private static string Comparable(string file, string workingDirectory)
    {
        string text = File.ReadAllText(file).Replace($"dir \"{workingDirectory}\"", "dir \"X\"", StringComparison.Ordinal);
        List<string> lines = [.. text.Split('\n').Where(line => !line.StartsWith("user ", StringComparison.Ordinal))];
        int signature = lines.IndexOf("# Generated by CONFIG REWRITE");
        if (signature >= 0)
            lines = [.. lines[..(signature + 1)], .. lines[(signature + 1)..].Where(line => line.Length > 0).Order(StringComparer.Ordinal)];
        return string.Join('\n', lines);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static ServerConfig Load(string file)
    {
        var config = new ServerConfig(new ServerLog { Silent = true });
        config.Load(file);
        return config;
    }

    /// <summary>Starts redis-server with a file it cannot use, and returns what it prints.</summary>
    private static string RunRedis(string file)
    {
        var start = new ProcessStartInfo("redis-server", [file]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.WaitForExit(10_000);
        if (!process.HasExited)
        {
            process.Kill();
            Assert.Fail("redis-server accepts " + File.ReadAllText(file));
        }
        Assert.Equal(1, process.ExitCode);
        return process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
    }
}
