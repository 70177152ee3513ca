using FastKv.Engine.Acl;
using FastKv.Engine.Commands;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Acl;

/// <summary>
/// Every command under every kind of rule. redis-server and FastKv say the same in ACL DRYRUN, and when the command is not permitted then calling it, at once
/// or in a transaction, is refused in the same words.
/// </summary>
public abstract class AclCommandTests(AclServers servers)
{
    /// <summary>Rules by kind; <c>{0}</c> is the command.</summary>
    private static readonly (string Name, string Rules)[] Users =
    [
        ("nocommand", "+@all ~* &* -{0}"),
        ("onlycommand", "-@all +{0} ~* &*"),
        ("nokey", "+@all ~other:* &*"),
        ("firstkey", "+@all ~k1 &*"),
        ("reader", "+@all %R~* &*"),
        ("writer", "+@all %W~* &*"),
        ("mixed", "+@all %R~k1 %W~k[23] &*"),
        ("nochannel", "+@all ~*"),
        ("channel", "+@all ~* &ch*"),
        ("selectors", "-@all ~* &* (+@all %R~* &k1) (+@all %W~k2 &ch*) (+{0} ~k3)"),
        ("nothing", "-@all"),
    ];

    [Fact]
    public void Every_command_has_examples_that_name_its_keys()
    {
        Assert.Equal([], AclExamples.Commands.Where(command => AclExamples.Of(command).Count == 0).Select(command => command.Name));
        Assert.Equal([], AclExamples.Commands.Where(command => AclExamples.HasKeys(command) && !AclExamples.NamesKey(command)).Select(command => command.Name));
        Assert.Equal([], AclExamples.Commands
            .Where(command => CommandNeeds.Of(command.Id).Channels != ChannelForm.None && !AclExamples.Of(command).Exists(words => words.Contains("ch1")))
            .Select(command => command.Name));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Denials_equal_those_of_redis_server(int protocol)
    {
        var known = AclServers.Names(servers.Redis);
        using var pair = new Sessions(servers, protocol);
        foreach (var command in AclExamples.Commands.Where(command => known.Contains(command.Name)))
        {
            var calls = AclExamples.Of(command);

            // WITHSCORE came with Redis 7.2.
            if (command.Name is "zrank" or "zrevrank")
                calls.RemoveAll(words => words.Length > 3);
            foreach (var (user, rules) in Users)
                CompareUser(pair, command, calls, user, string.Format(rules, command.Name));
        }
    }

    /// <summary>Commands that redis-server 7.0.15 does not know are refused by the same rules.</summary>
    [Fact]
    public void Newer_commands_are_refused_too()
    {
        var known = AclServers.Names(servers.Redis);
        using RespClient admin = servers.FastKv.Connect();
        foreach (var command in AclExamples.Commands.Where(command => !known.Contains(command.Name)))
        {
            foreach (string[] words in AclExamples.Of(command))
            {
                Assert.Contains("to run the", DryRun(admin, $"+@all ~* &* -{command.Name}", words), StringComparison.Ordinal);
                Assert.Equal("OK", DryRun(admin, $"-@all +{command.Name} ~* &*", words));
                if (AclExamples.Keys(command, words) == 0)
                    continue;
                Assert.Contains("key", DryRun(admin, "+@all ~other:*", words), StringComparison.Ordinal);
                if ((command.Flags & CommandFlags.Write) != 0)
                    Assert.Contains("key", DryRun(admin, "+@all %R~*", words), StringComparison.Ordinal);
                else
                    Assert.Equal("OK", DryRun(admin, "+@all %R~*", words));
                bool isSeen = command.KeySpecs.Any(spec => (spec.Access & KeyAccess.Access) != 0);
                if (isSeen)
                    Assert.Contains("key", DryRun(admin, "+@all %W~*", words), StringComparison.Ordinal);
            }
        }
    }

    private static string DryRun(RespClient admin, string rules, string[] words)
    {
        Assert.Equal("OK", admin.Call(["ACL", "SETUSER", "newer", "reset", .. rules.Split(' ')]).Text);
        return admin.Call(["ACL", "DRYRUN", "newer", .. words]).Text;
    }

    private static void CompareUser(Sessions pair, CommandDescriptor command, List<string[]> calls, string user, string rules)
    {
        // NO_AUTH commands are everybody's.
        pair.Admin(["ACL", "SETUSER", user, "reset", "on", "nopass", .. rules.Split(' ')]);
        bool isFirst = true;
        foreach (string[] words in calls)
        {
            string verdict = pair.Admin(["ACL", "DRYRUN", user, .. words]);
            bool isDenied = verdict.Contains("no permissions", StringComparison.Ordinal);
            if (!isDenied)
                continue;
            pair.As(user, words);
            if (isFirst)
            {
                pair.As(user, "MULTI");
                pair.As(user, words);
                pair.As(user, "EXEC");
            }
            isFirst = false;
        }
        Assert.True(isFirst || (command.Flags & CommandFlags.NoAuth) == 0 || user is not ("nocommand" or "nothing"), command.Name);
    }

    /// <summary>A connection of an administrator and one for each user, to both servers; what one server says the other has to say, too.</summary>
    private sealed class Sessions : IDisposable
    {
        private readonly AclServers _servers;
        private readonly int _protocol;
        private readonly RespClient[] _admins;
        private readonly Dictionary<string, RespClient[]> _users = [];

        public Sessions(AclServers servers, int protocol)
        {
            _servers = servers;
            _protocol = protocol;
            _admins = Connect();
        }

        public string Admin(string[] words) => Compare(_admins, "admin", words);

        public void As(string user, params string[] words)
        {
            if (!_users.TryGetValue(user, out RespClient[]? clients))
            {
                _users.Add(user, clients = Connect());
                Compare(clients, user, ["AUTH", user, "any"]);
            }
            Compare(clients, user, words);
        }

        public void Dispose()
        {
            foreach (RespClient client in _users.Values.SelectMany(clients => clients).Concat(_admins))
                client.Dispose();
        }

        private static string Compare(RespClient[] clients, string user, string[] words)
        {
            string sent = $"{user}> {string.Join(' ', words)}\n";
            string wanted = clients[0].Call(words).ToString();
            Assert.Equal(sent + wanted, sent + clients[1].Call(words));
            return wanted;
        }

        private RespClient[] Connect() => [AclServers.Connect(_servers.Redis, _protocol), AclServers.Connect(_servers.FastKv, _protocol)];
    }
}

/// <summary>FastKv on one shard.</summary>
public sealed class AclCommandsOneShardTests(AclOneShard servers) : AclCommandTests(servers), IClassFixture<AclOneShard>;

/// <summary>FastKv on three shards.</summary>
public sealed class AclCommandsThreeShardsTests(AclThreeShards servers) : AclCommandTests(servers), IClassFixture<AclThreeShards>;
