using System.Globalization;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>The <c>replicaof</c> parameter: host and port of the master, or <c>no one</c>.</summary>
internal sealed class ReplicaOfParameter()
    : ConfigParameter("replicaof", alias: "slaveof", ConfigFlags.Immutable | ConfigFlags.MultiArgument, hasEffect: false)
{
    internal override void Initialize(ServerOptions options) => options.ReplicaOf = null;

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = words.Length == 2 ? null : "wrong number of arguments";
        if (error is not null)
            return SetOutcome.Rejected;
        if (words[0].Equals("no", StringComparison.OrdinalIgnoreCase) && words[1].Equals("one", StringComparison.OrdinalIgnoreCase))
        {
            options.ReplicaOf = null;
            return SetOutcome.Changed;
        }
        if (!ConfigText.TryParseLoose(words[1], 10, out long port, out _) || port is < 0 or > 65535)
        {
            error = "Invalid master port";
            return SetOutcome.Rejected;
        }
        options.ReplicaOf = (words[0], (int)port);
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
        => options.ReplicaOf is { } master ? string.Create(CultureInfo.InvariantCulture, $"{master.Host} {master.Port}") : "";

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
    {
        if (options.ReplicaOf is null)
            rewriter.MarkProcessed(Name);
        else
            rewriter.Put(Name, $"{Name} {Get(options)}", force: true);
    }
}
