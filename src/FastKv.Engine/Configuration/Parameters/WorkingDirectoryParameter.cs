namespace FastKv.Engine.Configuration.Parameters;

/// <summary>The <c>dir</c> parameter: the working directory itself holds the value, setting it changes directory at once.</summary>
internal sealed class WorkingDirectoryParameter()
    : ConfigParameter("dir", alias: null, ConfigFlags.Protected | ConfigFlags.DenyLoading, hasEffect: true)
{
    internal override void Initialize(ServerOptions options)
    {
        // The directory the process was started in is the default.
    }

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = HostFiles.ChangeDirectory(words[0]);
        return error is null ? SetOutcome.Changed : SetOutcome.Rejected;
    }

    internal override string Get(ServerOptions options) => ConfigText.FromPath(Environment.CurrentDirectory);

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
        => rewriter.Put(Name, $"{Name} {ConfigText.Quote(Get(options))}", force: true);
}
