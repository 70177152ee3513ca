using FastKv.Tests.Clients;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Acl;

/// <summary>Users in files: <c>aclfile</c> and the lines of <c>redis.conf</c>. FastKv and redis-server read each other's.</summary>
public sealed class AclFileTests : IDisposable
{
    private const string Users = """
        user default on nopass sanitize-payload ~* &* +@all
        user alice on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~app:* %R~shared:* resetchannels &news:* -@all +@string +@hash +select|0

        user bob off nopass ~* &* +@all -@hash (%W~log:* +@list -lpop) (~x +get)
           user carol  on >secret   +ping
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("fastkv-acl-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_server_loads_what_the_other_saves(int shards)
    {
        string theirs = Write("theirs.acl", ""), ours = Write("ours.acl", "");
        using var redis = new RedisServerProcess("--aclfile", theirs);
        using var fastKv = new FastKvProcess(shards, "--aclfile", ours);
        using RespClient redisClient = redis.Connect(), fastKvClient = fastKv.Connect();
        foreach (RespClient client in (RespClient[])[redisClient, fastKvClient])
        {
            client.Call("ACL", "SETUSER", "alice", "on", ">p", "~app:*", "%R~shared:*", "&news:*", "+@string", "+@geo", "+select|0");
            client.Call("ACL", "SETUSER", "bob", "nopass", "~*", "&*", "+@all", "-@hash", "(%W~log:* +@list)", "(~x +get)");
            Assert.Equal("OK", client.Call("ACL", "SAVE").Text);
        }
        string saved = File.ReadAllText(ours);
        Assert.Equal(Sorted(File.ReadAllText(theirs)), Sorted(saved));
        Assert.EndsWith("\n", saved, StringComparison.Ordinal);
        foreach (RespClient client in (RespClient[])[redisClient, fastKvClient])
            client.Call("ACL", "SETUSER", "dave", "on");

        string exchanged = File.ReadAllText(theirs);
        File.WriteAllText(theirs, saved);
        File.WriteAllText(ours, exchanged);
        foreach (RespClient client in (RespClient[])[redisClient, fastKvClient])
        {
            Assert.Equal("OK", client.Call("ACL", "LOAD").Text);
            Assert.Equal(["alice", "bob", "default"], client.Call("ACL", "USERS").Items!.Select(name => name.Text));
        }
        Assert.Equal(List(redisClient), List(fastKvClient));
    }

    [Fact]
    public void Sessions_end_when_their_users_are_loaded_anew()
    {
        string redis = Transcript(file => new RedisServerProcess("--aclfile", file));
        Assert.Equal(redis, Transcript(file => new FastKvProcess(1, "--aclfile", file)));
        Assert.Equal(redis, Transcript(file => new FastKvProcess(3, "--aclfile", file)));

        string Transcript(Func<string, ServerProcess> start)
        {
            using ServerProcess server = start(Write("users.acl", "user alice on nopass ~* +@all\nuser bob on nopass ~* +@all\n"));
            using var transcript = new AclTranscript(server, protocol: 2);
            return transcript.Run("""
                a> AUTH alice x
                b> AUTH bob x
                c> SET k v
                c> ACL LOAD
                a> PING
                b> PING
                c> PING
                b> AUTH bob x
                b> ACL LOAD
                b> PING
                c> ACL SETUSER default -@all +acl
                c> PING
                c> ACL LOAD
                c> PING
                c> ACL DELUSER alice
                c> ACL SAVE
                c> ACL LOAD
                c> ACL USERS
                """);
        }
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("# comment")]
    [InlineData("user a on bad1 bad2 +nosuch -@nosuch bad3")]
    [InlineData("user a on\nuser a off\n\n  \t\nUSER b\nuser\nuser \"a b\" on\n")]
    [InlineData("user a\ton")]
    [InlineData("user a on #abc")]
    [InlineData("user a ~* ~b\nuser b &* &c\nuser c <p\nuser d +config|get|x\n")]
    [InlineData("user default on +@all ~*\nuser default off")]
    public void A_wrong_file_changes_nothing(string content)
    {
        string theirs = Write("theirs.acl", ""), ours = Write("ours.acl", "");
        using var redis = new RedisServerProcess("--aclfile", theirs);
        using var fastKv = new FastKvProcess(1, "--aclfile", ours);
        using RespClient redisClient = redis.Connect(), fastKvClient = fastKv.Connect();
        foreach (RespClient client in (RespClient[])[redisClient, fastKvClient])
            client.Call("ACL", "SETUSER", "old", "on");
        File.WriteAllText(theirs, content);
        File.WriteAllText(ours, content);
        string wanted = redisClient.Call("ACL", "LOAD").Text.Replace(theirs, "FILE", StringComparison.Ordinal);
        Assert.StartsWith("ERR ", wanted, StringComparison.Ordinal);
        Assert.Equal(wanted, fastKvClient.Call("ACL", "LOAD").Text.Replace(ours, "FILE", StringComparison.Ordinal));
        Assert.Equal(List(redisClient), List(fastKvClient));

        File.Delete(theirs);
        File.Delete(ours);
        wanted = redisClient.Call("ACL", "LOAD").Text.Replace(theirs, "FILE", StringComparison.Ordinal);
        Assert.Equal(wanted, fastKvClient.Call("ACL", "LOAD").Text.Replace(ours, "FILE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("aclfile FILE\n", "user a on nosuch")]
    [InlineData("aclfile FILE.gone\n", "")]
    [InlineData("aclfile FILE\nuser a on\n", "")]
    [InlineData("user a on +nosuch\n", "")]
    [InlineData("user a on +@nosuch\n", "")]
    [InlineData("user \"a b\" on\n", "")]
    public void Users_that_cannot_be_used_end_the_start(string config, string content)
    {
        string file = Write("users.acl", content);
        string conf = Write("redis.conf", config.Replace("FILE", file, StringComparison.Ordinal));
        string[] options = [conf, "--port", "0", "--unixsocket", Path.Combine(_folder, "s"), "--save", ""];
        string wanted = Script.Run("redis-server", options, expectedExitCode: 1);
        string actual = Script.Run(
            TestEnvironment.DotNetHost, [Path.Combine(AppContext.BaseDirectory, "fastkv-server.dll"), .. options, "--shards", "1"], expectedExitCode: 1);
        Assert.Equal(Complaints(wanted), Complaints(actual));
    }

    [Theory]
    [InlineData("requirepass foo\n")]
    [InlineData("requirepass foo\nuser default on ~* +@all\n")]
    [InlineData("user default on nopass ~k +@all\nrequirepass foo\n")]
    [InlineData("user alice on >p ~* +@all\nuser bob off (+get ~x)\n")]
    [InlineData("user alice on >p ( +get ~x ) ~y\nacl-pubsub-default allchannels\n")]
    [InlineData("acl-pubsub-default allchannels\nuser alice on >p ~y\nuser default off\nuser admin on nopass +@all ~* &*\n")]
    public void The_lines_of_the_configuration_make_users(string config)
    {
        string theirs = Write("theirs.conf", config), ours = Write("ours.conf", config);
        using var redis = new Configured("redis-server", [theirs]);
        using var fastKv = new Configured(
            TestEnvironment.DotNetHost, [Path.Combine(AppContext.BaseDirectory, "fastkv-server.dll"), ours, "--shards", "3", "--debug-heap", "yes"]);
        using RespClient redisClient = redis.Connect(), fastKvClient = fastKv.Connect();
        string[][] calls =
        [
            ["PING"], ["AUTH", "foo"], ["AUTH", "admin", "x"], ["CONFIG", "GET", "requirepass"], ["ACL", "LIST"],
            ["ACL", "SETUSER", "new", "on", ">q", "%R~a", "+get"],
            ["ACL", "DELUSER", "bob"], ["CONFIG", "REWRITE"],
        ];
        foreach (string[] call in calls)
            Assert.Equal(redisClient.Call(call).ToString(), fastKvClient.Call(call).ToString());
        string[] users = UserLines(theirs);
        Assert.NotEmpty(users);
        Assert.Equal(users, UserLines(ours));
    }

    [Fact]
    public void A_user_file_takes_the_place_of_lines_in_the_configuration()
    {
        string file = Write("users.acl", Users);
        string config = Write("ours.conf", $"aclfile {file}\n");
        using var fastKv = new Configured(
            TestEnvironment.DotNetHost, [Path.Combine(AppContext.BaseDirectory, "fastkv-server.dll"), config, "--shards", "1", "--debug-heap", "yes"]);
        using var redis = new RedisServerProcess("--aclfile", Write("theirs.acl", Users));
        using RespClient fastKvClient = fastKv.Connect(), redisClient = redis.Connect();
        Assert.Equal(List(redisClient), List(fastKvClient));
        Assert.Equal("OK", fastKvClient.Call("CONFIG", "REWRITE").Text);
        Assert.Empty(UserLines(config));
        using RespClient alice = fastKv.Connect();
        Assert.Equal("OK", alice.Call("AUTH", "carol", "secret").Text);
        Assert.Equal("PONG", alice.Call("PING").Text);
        Assert.True(alice.Call("GET", "k").IsError);
    }

    private static string[] UserLines(string file) => [.. File.ReadLines(file).Where(line => line.StartsWith("user ", StringComparison.Ordinal))];

    /// <summary>The lines that say what is wrong, without time and process.</summary>
    private static string Complaints(string output) => string.Join('\n', output.Split('\n')
        .Where(line => line.Contains(" # ", StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(" # ", StringComparison.Ordinal) + 3)..].Trim())
        .Where(line => !line.Contains("oO0OoO0", StringComparison.Ordinal) && !line.Contains("version=", StringComparison.Ordinal)
            && line is not ("Configuration loaded" or "Server initialized")
            && !line.Contains("overcommit", StringComparison.Ordinal) && !line.Contains("Transparent", StringComparison.Ordinal)
            && !line.StartsWith("These parameters", StringComparison.Ordinal) && !line.StartsWith("WARNING", StringComparison.Ordinal)));

    private static string List(RespClient client) => Sorted(string.Join('\n', client.Call("ACL", "LIST").Items!.Select(line => line.Text)));

    /// <summary>Lines with their words in alphabetical order: that of single commands is redis-server's own.</summary>
    private static string Sorted(string lines) =>
        string.Join('\n', lines.Split('\n').Select(line => string.Join(' ', line.Split(' ').Order(StringComparer.Ordinal))));

    private string Write(string name, string content)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, content);
        return file;
    }

    private sealed class Configured(string program, string[] arguments) : ServerProcess(program, arguments)
    {
        public override bool IsFastKv => true;
    }
}
