namespace FastKv.Engine.Configuration.Parameters;

/// <summary>A text parameter. Null (nothing configured) and the empty text are shown alike, but only a text is rewritten to the file.</summary>
internal sealed class StringParameter(
    string name, string? byDefault, FieldRef<string?>? field, ConfigFlags flags, Func<string, string?>? validate, bool isBinarySafe, string? alias)
    : ConfigParameter(name, alias, flags, field is not null)
{
    internal override void Initialize(ServerOptions options) => Value(options) = byDefault;

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        // What Redis keeps as a C string ends at the first NUL; secrets are binary safe.
        string text = words[0];
        int nul = isBinarySafe ? -1 : text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0)
            text = text[..nul];
        error = validate?.Invoke(text);
        if (error is not null)
            return SetOutcome.Rejected;
        string? parsed = text.Length == 0 && byDefault is null ? null : text;
        ref string? value = ref Value(options);
        if (string.Equals(value, parsed, StringComparison.Ordinal))
            return SetOutcome.Unchanged;
        value = parsed;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options) => Value(options) ?? "";

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
    {
        if (Value(options) is { } value)
            rewriter.Put(Name, $"{Name} {ConfigText.Quote(value)}", force: !string.Equals(value, byDefault, StringComparison.Ordinal));
        else
            rewriter.MarkProcessed(Name);
    }

    private ref string? Value(ServerOptions options)
    {
        if (field is not null)
            return ref field(options);
        return ref options.StoredTexts[Index];
    }
}
