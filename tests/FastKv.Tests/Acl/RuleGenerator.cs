namespace FastKv.Tests.Acl;

/// <summary>Draws rules for ACL SETUSER, a part of them wrong.</summary>
public sealed class RuleGenerator(Random random, IReadOnlyList<string> commands)
{
    private static readonly string[] Categories =
    [
        "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin", "fast", "slow",
        "blocking", "dangerous", "connection", "transaction", "scripting",
    ];

    private static readonly string[] Patterns = ["*", "a", "a*", "app:*", "b?c", "[ab]*", "", "x\\*", "**", "caf\u00e9*"];

    private static readonly string[] Passwords = ["p", "q", "secret", "", "p\u00ff"];

    private static readonly string[] Flags =
    [
        "on", "off", "nopass", "resetpass", "reset", "allkeys", "resetkeys", "allchannels", "resetchannels", "allcommands", "nocommands", "clearselectors",
        "sanitize-payload", "skip-sanitize-payload", "", "ON", "NoPass", "AllKeys", "Reset",
    ];

    private static readonly string[] Wrong =
    [
        "nosuch", "+nosuch", "-nosuch", "+@nosuch", "-@", "+", "-", "~a b", "&a b", "%", "%X~a", "%RR~a", "%~a", "%R", "#abc", "!abc", "(", ")", "()", "(+get",
        "~a)", "(on)", "(+nosuch)", "((~a)", "+get|", "+config|get|x", "+config|nosuch", "-select|0", "+|", "|", " on", "on ", "<never",
        "!0000000000000000000000000000000000000000000000000000000000000000",
    ];

    private static readonly string[] Hashes =
    [
        "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940", "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
        "2BB80D537B1DA3E38BD30361AA855686BDE0EACD7162FEF6A25FE97BF527A25B",
    ];

    /// <summary>The words of one call.</summary>
    public string[] Words()
    {
        var words = new List<string>();
        for (int count = random.Next(6); count >= 0; count--)
            words.AddRange(Word());
        return [.. words];
    }

    private string[] Word() => random.Next(20) switch
    {
        < 5 => [Command()],
        < 8 => [Category()],
        < 11 => [Key()],
        < 13 => ["&" + Pick(Patterns)],
        < 15 => [Pick(Flags)],
        15 => [Pick(">", "<") + Pick(Passwords)],
        16 => [Pick("#", "!") + Pick(Hashes)],
        17 => [Pick("allcommands", "nocommands", "+@all", "-@all", "+@ALL")],
        18 => Selector(),
        _ => [Pick(Wrong)],
    };

    private string Command()
    {
        string name = Pick(commands);
        if (random.Next(8) == 0)
            return "+" + Pick("get", "select", "Select", "echo") + "|" + Pick("0", "1", "a", "A");
        return Pick("+", "-") + (random.Next(5) == 0 ? name.ToUpperInvariant() : name);
    }

    private string Category() => Pick("+@", "-@") + Pick(Categories);

    private string Key() => Pick("~", "~", "%R~", "%W~", "%RW~", "%wr~") + Pick(Patterns);

    private string[] Selector()
    {
        var rules = new List<string>();
        for (int count = random.Next(4); count >= 0; count--)
            rules.Add(Pick(Command(), Category(), Key(), "&" + Pick(Patterns), Pick("allkeys", "+@all", "allchannels", "resetkeys")));
        string text = $"({string.Join(' ', rules)})";
        return random.Next(2) == 0 ? [text] : text.Split(' ');
    }

    private string Pick(params IReadOnlyList<string> choices) => choices[random.Next(choices.Count)];
}
