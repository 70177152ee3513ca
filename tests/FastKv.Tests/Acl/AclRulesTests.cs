using FastKv.Tests.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace FastKv.Tests.Acl;

/// <summary>
/// Generated rules, valid and wrong, to redis-server and FastKv: the replies are equal, and so are the users. Of the text of the commands the order of single
/// commands is left open (redis-server's differs from start to start), and commands that redis-server 7.0.15 does not know.
/// </summary>
public abstract class AclRulesTests(AclServers servers, ITestOutputHelper output)
{
    private const int Sequences = 40;
    private const int StepsPerSequence = 40;

    private readonly HashSet<string> _redisNames = AclServers.Names(servers.Redis);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Users_equal_those_of_redis_server(int protocol)
    {
        using RespClient redis = AclServers.Connect(servers.Redis, protocol);
        using RespClient fastKv = AclServers.Connect(servers.FastKv, protocol);
        string[] commands = [.. _redisNames.Where(AclServers.Names(servers.FastKv).Contains).Order(StringComparer.Ordinal)];
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            int seed = unchecked((TestEnvironment.DifferentialSeed * 31) + sequence);
            output.WriteLine($"seed {seed}");
            var rules = new RuleGenerator(new Random(seed), commands);
            redis.Call("ACL", "DELUSER", "u", "copy");
            fastKv.Call("ACL", "DELUSER", "u", "copy");
            for (int step = 0; step < StepsPerSequence; step++)
            {
                string[] words = ["ACL", "SETUSER", "u", .. rules.Words()];
                string sent = $"seed {seed} step {step}: {string.Join(" ", words)}\n";
                Assert.Equal(sent + redis.Call(words), sent + fastKv.Call(words));
                AssertSameUser(sent, redis, fastKv);
            }
        }
    }

    [Theory]
    [InlineData("+@all -@read +get")]
    [InlineData("+get +set +mset -get +config|get +@hash -hget")]
    [InlineData("+@hash +@sortedset -@write")]
    [InlineData("+@string -@fast +select|0 +select|1")]
    [InlineData("+config -config|get")]
    [InlineData("+command -command|docs +command|list")]
    [InlineData("+@all -@hash -@geo +hget")]
    [InlineData("+@stream +@list -@blocking")]
    [InlineData("+@transaction +@hyperloglog +@bitmap -bitop")]
    [InlineData("allcommands -select +select|3")]
    public void Command_rules_are_described_as_by_redis(string rules)
    {
        using RespClient redis = servers.Redis.Connect();
        using RespClient fastKv = servers.FastKv.Connect();
        foreach (RespClient client in (RespClient[])[redis, fastKv])
            Assert.Equal("OK", client.Call(["ACL", "SETUSER", "d", "reset", .. rules.Split(' ')]).Text);
        string wanted = Item(redis.Call("ACL", "GETUSER", "d"), "commands").Text;
        Assert.Equal(Sorted(wanted), Sorted(Item(fastKv.Call("ACL", "GETUSER", "d"), "commands").Text));
    }

    private void AssertSameUser(string sent, RespClient redis, RespClient fastKv)
    {
        RespFrame wanted = redis.Call("ACL", "GETUSER", "u");
        RespFrame actual = fastKv.Call("ACL", "GETUSER", "u");
        Assert.Equal(sent + wanted.IsNull, sent + actual.IsNull);
        if (wanted.IsNull)
            return;
        foreach (string field in (string[])["flags", "passwords", "keys", "channels"])
            Assert.Equal(sent + Item(wanted, field), sent + Item(actual, field));
        AssertSameCommands(sent, redis, wanted, actual);
        RespFrame[] selectors = Item(wanted, "selectors").Items!, ours = Item(actual, "selectors").Items!;
        Assert.Equal(selectors.Length, ours.Length);
        for (int i = 0; i < selectors.Length; i++)
        {
            Assert.Equal(sent + selectors[i].Type, sent + ours[i].Type);
            foreach (string field in (string[])["keys", "channels"])
                Assert.Equal(sent + Item(selectors[i], field), sent + Item(ours[i], field));
            AssertSameCommands(sent, redis, selectors[i], ours[i]);
        }
        string[] line = Line(redis), ourLine = Line(fastKv);
        Assert.Equal(sent + Outside(line), sent + Outside(ourLine));
    }

    /// <summary>
    /// The rules lead redis-server to the same commands as its own. Which categories they name is the same as well, once FastKv has all of redis-server's
    /// commands: their choice depends on every one.
    /// </summary>
    private void AssertSameCommands(string sent, RespClient redis, RespFrame wanted, RespFrame actual)
    {
        string theirs = Item(wanted, "commands").Text, ours = Item(actual, "commands").Text;
        if (servers.Missing.Length == 0)
            Assert.Equal(sent + Sorted(theirs), sent + Sorted(ours));
        string[] without = [.. servers.Missing.Select(name => "-" + name)];
        Assert.Equal(sent + Described(redis, [.. theirs.Split(' '), .. without]), sent + Described(redis, [.. Known(ours), .. without]));
    }

    private static string Described(RespClient redis, string[] rules)
    {
        RespFrame reply = redis.Call(["ACL", "SETUSER", "copy", "reset", .. rules]);
        return reply.IsError ? reply.Text : Item(redis.Call("ACL", "GETUSER", "copy"), "commands").Text;
    }

    /// <summary>The rules on commands that redis-server knows, too.</summary>
    private IEnumerable<string> Known(string rules) =>
        rules.Split(' ').Where(rule => rule[1] == '@' || _redisNames.Contains(rule[1..]) || IsFirstArgument(rule));

    private bool IsFirstArgument(string rule) => rule.IndexOf('|', StringComparison.Ordinal) is var bar && bar > 0 && _redisNames.Contains(rule[1..bar])
        && !_redisNames.Any(name => name.StartsWith(rule[1..(bar + 1)], StringComparison.Ordinal));

    /// <summary>The categories in their order, then the single commands in alphabetical order.</summary>
    private string Sorted(string rules) => string.Join(' ', Known(rules).Where(rule => rule[1] == '@'))
        + " " + string.Join(' ', Known(rules).Where(rule => rule[1] != '@').OrderBy(rule => rule[1..], StringComparer.Ordinal));

    private static RespFrame Item(RespFrame map, string field)
    {
        for (int i = 0; i < map.Items!.Length; i += 2)
        {
            if (map.Items[i].Text == field)
                return map.Items[i + 1];
        }
        throw new KeyNotFoundException(field);
    }

    private static string[] Line(RespClient client) =>
        client.Call("ACL", "LIST").Items!.Select(line => line.Text).Single(line => line.StartsWith("user u ", StringComparison.Ordinal)).Split(' ');

    /// <summary>Everything but the rules on commands, which stand in GETUSER as well.</summary>
    private static string Outside(string[] line) =>
        string.Join(' ', line.Where(word => !word.StartsWith('+') && !word.StartsWith('-')).Select(word => word.Trim('(')));
}

/// <summary>FastKv on one shard.</summary>
public sealed class AclRulesOneShardTests(AclOneShard servers, ITestOutputHelper output) : AclRulesTests(servers, output), IClassFixture<AclOneShard>;

/// <summary>FastKv on three shards.</summary>
public sealed class AclRulesThreeShardsTests(AclThreeShards servers, ITestOutputHelper output) : AclRulesTests(servers, output), IClassFixture<AclThreeShards>;
