namespace FastKv.Engine.Configuration.Parameters;

/// <summary>A yes/no parameter.</summary>
internal sealed class BoolParameter(string name, bool byDefault, FieldRef<bool>? field, ConfigFlags flags, string? alias)
    : ConfigParameter(name, alias, flags, field is not null)
{
    internal override void Initialize(ServerOptions options) => Value(options) = byDefault;

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        bool yes = words[0].Equals("yes", StringComparison.OrdinalIgnoreCase);
        if (!yes && !words[0].Equals("no", StringComparison.OrdinalIgnoreCase))
        {
            error = "argument must be 'yes' or 'no'";
            return SetOutcome.Rejected;
        }
        error = null;
        ref bool value = ref Value(options);
        if (value == yes)
            return SetOutcome.Unchanged;
        value = yes;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options) => Value(options) ? "yes" : "no";

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
        => rewriter.Put(Name, $"{Name} {Get(options)}", force: Value(options) != byDefault);

    private ref bool Value(ServerOptions options)
    {
        if (field is not null)
            return ref field(options);
        return ref options.StoredFlags[Index];
    }
}
