namespace FastKv.Engine.Configuration.Parameters;

/// <summary>The <c>bind</c> parameter: addresses to listen on; a leading '-' lets an unavailable one pass, '*' is every address.</summary>
internal sealed class BindParameter() : ConfigParameter("bind", alias: null, ConfigFlags.MultiArgument, hasEffect: true)
{
    private const int AddressesMax = 16;
    private static readonly string[] Defaults = ["*", "-::*"];

    internal override void Initialize(ServerOptions options) => options.Bind = Defaults;

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = null;
        if (words.Length > AddressesMax)
        {
            error = "Too many bind addresses specified.";
            return SetOutcome.Rejected;
        }
        options.Bind = words.Length == 1 && words[0].Length == 0 ? [] : words.ToArray();
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options) => string.Join(' ', options.Bind);

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
    {
        if (options.Bind.AsSpan().SequenceEqual(Defaults))
            rewriter.MarkProcessed(Name);
        else
            rewriter.Put(Name, options.Bind.Length == 0 ? "bind \"\"" : "bind " + Get(options), force: true);
    }
}
